// prctl, by which a program says that it will soon be forbidden most system calls.
//
// A child of fork makes its region at its first slow path. Where a seccomp filter came first, that slow path was the end: the
// filters of those who know what glibc's malloc needs kill for memfd_create, and for gettid. So the region is made now. What
// comes by syscall(SYS_seccomp) has asked for PR_SET_NO_NEW_PRIVS before, as libseccomp does.
//
// Safe in the child of a vfork, where nothing happens.

#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdarg.h>

#include "allocator/base/macros.h"
#include "allocator/base/system_call.h"
#include "allocator/front/lifecycle.h"
#include "allocator/front/next_function.h"

namespace glassheap {
namespace {

constinit Next<int(int, ...)> next_prctl;

__attribute__((constructor(101))) void FindPrctl() { next_prctl.Find("prctl"); }

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
  if (next_prctl) return next_prctl.function(option, a, b, c, d);
  return FromKernel(SystemCall(SYS_prctl, option, static_cast<long>(a), static_cast<long>(b), static_cast<long>(c),
                               static_cast<long>(d)));
}
