#include "tests/support/idle_process.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace glassheap::testing {

IdleProcess::IdleProcess(const std::function<void()>& prepare) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) std::abort();
  pid_ = ::fork();
  if (pid_ == 0) {
    prepare();
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  char byte;
  (void)!::read(ready[0], &byte, 1);
  ::close(ready[0]);
  ::close(ready[1]);
}

void IdleProcess::End() {
  ::kill(pid_, SIGKILL);
  siginfo_t info;
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
}

IdleProcess::~IdleProcess() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

pid_t ForkWithPid(pid_t pid) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<uint64_t>(&pid);
  arguments.set_tid_size = 1;
  const long child = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child != 0) return static_cast<pid_t>(child);
  for (;;) ::pause();
}

}  // namespace glassheap::testing
