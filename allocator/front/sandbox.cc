// prctl, by which a program says that it will soon be forbidden most system calls.
//
// A child of fork makes its region at its first slow path. Where a seccomp filter came first, that slow path was the end: the
// filters of those who know what glibc's malloc needs kill for memfd_create, and for gettid. So the region is made now. What
// comes by syscall(SYS_seccomp) has asked for PR_SET_NO_NEW_PRIVS before, as libseccomp does.
//
// Safe in the child of a vfork, where nothing happens.

#include <dlfcn.h>
#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdarg.h>

#include "allocator/base/macros.h"
#include "allocator/base/system_call.h"
#include "allocator/front/lifecycle.h"

namespace glassheap {
namespace {

// libc's, or another preloaded library's. Looked up once, before threads and signals: dlsym may allocate.
using Prctl = int (*)(int, ...);
constinit Prctl next_prctl = nullptr;

__attribute__((constructor(101))) void FindPrctl() { next_prctl = reinterpret_cast<Prctl>(dlsym(RTLD_NEXT, "prctl")); }

}  // namespace
}  // namespace glassheap

using namespace glassheap;

extern "C" GH_EXPORT int prctl(int option, ...) {
  va_list rest;
  va_start(rest, option);
  const unsigned long a = va_arg(rest, unsigned long), b = va_arg(rest, unsigned long);
  const unsigned long c = va_arg(rest, unsigned long), d = va_arg(rest, unsigned long);
  va_end(rest);
  if (option == PR_SET_SECCOMP || option == PR_SET_NO_NEW_PRIVS) {
    lifecycle::BeforeSandbox(option == PR_SET_SECCOMP && a == SECCOMP_MODE_STRICT);
  }
  if (next_prctl != nullptr) return next_prctl(option, a, b, c, d);
  const long result = SystemCall(SYS_prctl, option, static_cast<long>(a), static_cast<long>(b), static_cast<long>(c),
                                 static_cast<long>(d));
  if (!SystemCallFailed(result)) return static_cast<int>(result);
  errno = static_cast<int>(-result);
  return -1;
}
