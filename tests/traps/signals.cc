// Signal handlers that allocate: forbidden by POSIX, done all the same.

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

constinit std::atomic<int> handler_runs{0};

void SetTimer(int microseconds) {
  const struct itimerval timer = {{0, microseconds}, {0, microseconds}};
  Expect(setitimer(ITIMER_REAL, &timer, nullptr) == 0);
}

// Counts a run of the handler; the last stops the timer, which would otherwise
// leave a slow machine no time for anything else.
constexpr int kHandlerRuns = 2000;
void CountHandlerRun() {
  if (++handler_runs == kHandlerRuns) SetTimer(0);
}

}  // namespace

// A handler that interrupts code which does not allocate may allocate.
TRAP(handler_interrupts_plain_code) {
  InstallHandler(SIGALRM, [](int) {
    CountHandlerRun();
    Churn(1, 1);
  });
  SetTimer(200);
  while (handler_runs < kHandlerRuns) sched_yield();
}

// Small blocks from the thread's own cache, given back at once: with glibc
// this may deadlock on an arena's lock.
TRAP_OURS(handler_interrupts_malloc) {
  InstallHandler(SIGALRM, [](int) {
    const int error = errno;
    CountHandlerRun();
    for (size_t size = 16; size <= 256; size *= 2) free(malloc(size));
    errno = error;
  });
  for (size_t size = 16; size <= 256; size *= 2) free(malloc(size));
  SetTimer(100);
  for (unsigned round = 0; handler_runs < kHandlerRuns; ++round) {
    void* blocks[32];
    for (unsigned i = 0; i < 32; ++i) {
      const size_t size = i % 8 == 0 ? 300'000 : 300 + (round + i) % 2000;
      blocks[i] = malloc(size);
      memset(blocks[i], 1, size);
    }
    for (void* block : blocks) free(block);
  }
}

namespace {

// So that the list holds some, and goes on doing so: what lies on a list for half a second without being used goes back to
// its span, and then a handler may have to fill the list that its thread is at.
void TakeAndGiveSome(size_t size) {
  sigset_t alarm, old;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &alarm, &old);
  void* some[16];
  for (void*& block : some) block = malloc(size);
  for (void* block : some) free(block);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

}  // namespace

// The same sizes in both, from lists that hold some: the handler comes in between
// any two instructions of malloc and free, and leaves their lists as they were.
TRAP(handler_takes_from_the_same_list) {
  InstallHandler(SIGALRM, [](int) {
    const int error = errno;
    CountHandlerRun();
    void* first = malloc(64);
    void* second = malloc(64);
    Expect(first != second);
    memset(first, 3, 64);
    memset(second, 4, 64);
    free(second);
    free(first);
    errno = error;
  });
  SetTimer(100);
  for (unsigned round = 0; handler_runs < kHandlerRuns; ++round) {
    if (round % 1000 == 0) TakeAndGiveSome(64);
    void* block = malloc(64);
    memset(block, 1, 64);
    free(block);
  }
}

// A large block that a handler frees while its thread takes one from its cache or
// puts one there, between any two instructions. Each is handed out once.
TRAP_OURS(handler_frees_a_large_block) {
  constexpr size_t kSize = 300'000;
  static char* waiting[kHandlerRuns];
  for (char*& block : waiting) {
    block = static_cast<char*>(malloc(kSize));
    block[0] = 'w';
  }
  InstallHandler(SIGALRM, [](int) {
    if (handler_runs == kHandlerRuns) return;  // a signal that was under way
    const int error = errno;
    char* const block = waiting[handler_runs];
    CountHandlerRun();
    Expect(block[0] == 'w');
    free(block);
    errno = error;
  });
  SetTimer(100);
  while (handler_runs < kHandlerRuns) {
    char* const first = static_cast<char*>(malloc(kSize));
    first[0] = 'f';
    char* const second = static_cast<char*>(malloc(kSize));
    second[0] = 's';
    Expect(first != second && first[0] == 'f');
    free(first);
    free(second);
  }
}

// Sizes of its own, none of which is at hand: the handler comes in the middle of refills, of lists that overflow and of
// the page heap at work, and needs all of them itself.
TRAP_OURS(handler_interrupts_slow_paths) {
  InstallHandler(SIGALRM, [](int) {
    const int error = errno;
    CountHandlerRun();
    for (const size_t size : {100, 2000, 20'000, 150'000, 400'000, 1'000'000}) {
      char* block = static_cast<char*>(calloc(1, size));
      Expect(block != nullptr && block[0] == 0 && block[size - 1] == 0);
      memset(block, 5, size);
      char* grown = static_cast<char*>(realloc(block, 5 * size));
      Expect(grown != nullptr && grown[size - 1] == 5);
      free(grown);
    }
    errno = error;
  });
  SetTimer(300);
  for (unsigned round = 0; handler_runs < kHandlerRuns; ++round) {
    for (const size_t size : {24, 700, 6000, 50'000, 300'000, 1'200'000}) {
      char* blocks[100];
      const size_t count = size > 10'000 ? 10 : 100;
      for (size_t i = 0; i < count; ++i) {
        blocks[i] = static_cast<char*>(malloc(size));
        Expect(blocks[i] != nullptr);
        blocks[i][0] = blocks[i][size - 1] = static_cast<char>(i);
      }
      for (size_t i = 0; i < count; ++i) {
        Expect(blocks[i][0] == static_cast<char>(i) && blocks[i][size - 1] == static_cast<char>(i));
        free(blocks[i]);
      }
    }
  }
}

TRAP(handler_on_a_small_stack_of_its_own) {
  static char stack[32 * 1024];
  const stack_t alternate = {stack, 0, sizeof(stack)};
  Expect(sigaltstack(&alternate, nullptr) == 0);
  struct sigaction action = {};
  action.sa_handler = [](int) {
    ++handler_runs;
    Churn(2, 1);
  };
  action.sa_flags = SA_ONSTACK;
  Expect(sigaction(SIGUSR1, &action, nullptr) == 0);
  for (int i = 0; i < 200; ++i) raise(SIGUSR1);
  Expect(handler_runs == 200);
}

// Crash reporters allocate in the handler of the abort that a bad free ends
// in.
TRAP(abort_handler_allocates) {
  const int status = InChild([] {
    close(2);
    InstallHandler(SIGABRT, [](int) {
      Churn(3, 2);
      _exit(5);
    });
    void* block = malloc(100);
    void* volatile inside = static_cast<char*>(block) + 8;
    free(inside);
  });
  Expect(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

TRAP(abort_handler_allocates_after_bad_large_free) {
  const int status = InChild([] {
    close(2);
    InstallHandler(SIGABRT, [](int) {
      Churn(4, 2);
      _exit(5);
    });
    void* block = malloc(3'000'000);
    void* volatile inside = static_cast<char*>(block) + 8;
    free(inside);
  });
  Expect(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

TRAP(signals_at_busy_threads) {
  InstallHandler(SIGALRM, [](int) { CountHandlerRun(); });
  SetTimer(100);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (unsigned i = 0; i < 300 || handler_runs < kHandlerRuns; ++i) Churn(t + i, 1);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace glassheap::traps
