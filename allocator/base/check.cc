#include "allocator/base/check.h"

#include <signal.h>
#include <sys/types.h>

#include "allocator/base/lock.h"
#include "allocator/base/system_call.h"

namespace glassheap {
namespace {

// The kernel's struct sigaction, not libc's: libc's sigaction() may be interposed.
struct KernelSigaction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  unsigned long mask;
};

// Set when the first thread dies: a handler that brings us here again gets no second turn.
constinit bool dying = false;

void RestoreDefaultAbort() {
  KernelSigaction action = {};
  action.handler = SIG_DFL;
  SystemCall(SYS_rt_sigaction, SIGABRT, AsArgument(&action), 0, sizeof(action.mask));
}

void RaiseAbort() {
  const unsigned long abort_bit = 1ul << (SIGABRT - 1);
  SystemCall(SYS_rt_sigprocmask, SIG_UNBLOCK, AsArgument(&abort_bit), 0, sizeof(abort_bit));
  SystemCall(SYS_tgkill, SystemCall(SYS_getpid), SystemCall(SYS_gettid), SIGABRT);
}

}  // namespace

void Die(const Message& message, void (*more)(const void*), const void* subject) {
  Message line = message;
  line.Text("\n");
  SystemCall(SYS_write, 2, AsArgument(line.data()), static_cast<long>(line.size()));
  if (more != nullptr) more(subject);
  if (!__atomic_exchange_n(&dying, true, __ATOMIC_RELAXED)) {
    Lock::BeginReentrant();
    RaiseAbort();
  }
  RestoreDefaultAbort();
  RaiseAbort();
  for (;;) __builtin_trap();
}

void CheckFailed(const char* condition, const char* file, int line) {
  Die(Message()
          .Text("glassheap: internal check failed: ")
          .Text(condition)
          .Text(" at ")
          .Text(file)
          .Text(":")
          .Decimal(static_cast<uint64_t>(line)));
}

}  // namespace glassheap
