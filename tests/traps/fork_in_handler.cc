// Fork in a signal handler: its own thread may be in the middle of malloc, with a lock, or inside fork; others too.

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "tests/traps/busy_threads.h"
#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

std::atomic<int> forks_in_handler{0};

void ForkInHandler(int) {
  const int error = errno;
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  if (pid > 0) {
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    ++forks_in_handler;
  }
  errno = error;
}

// What a handler may interrupt: refills, flushes, and the page heap's lock.
void AllocateEverywhere(unsigned round) {
  void* blocks[64];
  for (int i = 0; i < 64; ++i) blocks[i] = malloc((round * 64 + i) % 2000 + 1);
  void* large = malloc(300'000 + round % 100 * 10'000);
  for (void* block : blocks) free(block);
  free(large);
}

// A process that sends us SIGUSR1 until it goes out of scope. None comes while it is being made: with threads about, glibc's
// fork waits for itself when a handler in the middle of it forks.
class SignalSender {
 public:
  SignalSender() : parent_(getpid()) {
    Block(SIG_BLOCK);
    sender_ = fork();
    Expect(sender_ >= 0);
    if (sender_ == 0) {
      while (getppid() == parent_ && kill(parent_, SIGUSR1) == 0) sched_yield();
      _exit(0);
    }
    Block(SIG_UNBLOCK);
  }
  ~SignalSender() {
    kill(sender_, SIGKILL);
    WaitFor(sender_);
  }

 private:
  static void Block(int how) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    Expect(pthread_sigmask(how, &signals, nullptr) == 0);
  }

  const pid_t parent_;
  pid_t sender_;
};
}  // namespace

TRAP(fork_in_signal_handler) {
  InstallHandler(SIGUSR1, ForkInHandler);
  SignalSender sender;
  for (unsigned round = 0; forks_in_handler < 600; ++round) {
    AllocateEverywhere(round);
  }
}

TRAP(fork_in_signal_handler_that_interrupted_fork) {
  InstallHandler(SIGUSR1, ForkInHandler);
  SignalSender sender;
  for (unsigned round = 0; forks_in_handler < 400; ++round) {
    ExpectSuccess(InChild([] {
      signal(SIGUSR1, SIG_IGN);
      _exit(0);
    }));
    AllocateEverywhere(round);
  }
}

TRAP(fork_in_signal_handler_of_busy_threads) {
  InstallHandler(SIGUSR1, ForkInHandler);
  {
    BusyThreads busy(3, AllocateEverywhere);
    const pid_t self = getpid();
    while (forks_in_handler < 200) {
      kill(self, SIGUSR1);
      AllocateEverywhere(7);
    }
  }
}

namespace {
void ForkInHandlerAndAllocate(int) {
  const int error = errno;
  ExpectSuccess(InChild([] {
    for (unsigned round = 0; round < 3; ++round) AllocateEverywhere(round);
    Churn(6, 2);
  }));
  ++forks_in_handler;
  errno = error;
}
}  // namespace

// glibc's own malloc takes what it was in the middle of for whole, in one child of six.
TRAP_OURS(fork_in_signal_handler_child_allocates) {
  InstallHandler(SIGUSR1, ForkInHandlerAndAllocate);
  SignalSender sender;
  for (unsigned round = 0; forks_in_handler < 300; ++round) {
    AllocateEverywhere(round);
  }
}

// And waits for itself here: one thread has what the other, which has the list of open files, waits for.
TRAP_OURS(fork_in_signal_handlers_of_many_threads) {
  InstallHandler(SIGUSR1, ForkInHandlerAndAllocate);
  BusyThreads busy(3, AllocateEverywhere);
  SignalSender sender;
  for (unsigned round = 0; forks_in_handler < 300; ++round) {
    AllocateEverywhere(round);
  }
}

}  // namespace glassheap::traps
