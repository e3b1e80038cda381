// Fork in every state of the program: threads inside malloc, inside stdio, handlers that allocate.

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/traps/busy_threads.h"
#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

extern "C" char** environ;

void ForkAndChurn(int forks) {
  for (int i = 0; i < forks; ++i) {
    ExpectSuccess(InChild([] { Churn(1, 2); }));
    Churn(2, 1);
  }
}

}  // namespace

TRAP(fork_from_busy_threads) {
  BusyThreads busy(4, [](unsigned i) { Churn(i, 1); });
  ForkAndChurn(120);
}

// glibc bug 19431: a stdio function that holds its lock calls malloc, while
// fork holds malloc's locks and waits for the list of open files.
TRAP(fork_while_threads_use_stdio) {
  BusyThreads flushing(1, [](unsigned) { fflush(nullptr); });
  BusyThreads reading(1, [](unsigned) {
    FILE* file = fopen("/proc/self/status", "r");
    Expect(file != nullptr);
    char* line = nullptr;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) > 0) {
      free(line);
      line = nullptr;
      capacity = 0;
    }
    free(line);
    fclose(file);
  });
  BusyThreads opening(1, [](unsigned) {
    FILE* file = fopen("/dev/null", "w");
    Expect(file != nullptr);
    fprintf(file, "%d", 1);
    fclose(file);
  });
  for (int i = 0; i < 400; ++i) {
    ExpectSuccess(InChild([] {
      FILE* file = fopen("/dev/null", "w");
      Expect(file != nullptr);
      fprintf(file, "%f", 1.5);
      fflush(nullptr);
      fclose(file);
      Churn(3, 1);
    }));
  }
}

// ---- handlers that allocate ----

namespace {
constinit int handlers_run = 0;
void AllocatingHandler() {
  ++handlers_run;
  Churn(4, 1);
}

// Before anything else has run, so that these handlers are older than any that
// an allocator registers at its first call: its prepare handler runs first.
void RegisterHandlersFirst(int argc, char** argv, char**) {
  if (argc < 2 || strcmp(argv[1], "fork_handlers_older_than_ours") != 0) return;
  pthread_atfork(AllocatingHandler, AllocatingHandler, AllocatingHandler);
}
__attribute__((section(".preinit_array"), used)) void (*register_handlers)(int, char**, char**) = RegisterHandlersFirst;
}  // namespace

TRAP(fork_handlers_allocate) {
  pthread_atfork(AllocatingHandler, AllocatingHandler, AllocatingHandler);
  BusyThreads busy(2, [](unsigned i) { Churn(i, 1); });
  ForkAndChurn(60);
  Expect(handlers_run == 120);
}

TRAP(fork_handlers_older_than_ours) {
  BusyThreads busy(2, [](unsigned i) { Churn(i, 1); });
  ForkAndChurn(60);
  Expect(handlers_run == 120);
}

// ---- generations and crowds ----

namespace {
void Descend(int generations) {
  Churn(static_cast<unsigned>(generations), 2);
  if (generations == 0) return;
  ExpectSuccess(InChild([generations] { Descend(generations - 1); }));
  Churn(static_cast<unsigned>(generations), 2);
}
}  // namespace

TRAP(fork_generations) { Descend(40); }

TRAP(fork_many_children_alive) {
  int gate[2];
  Expect(pipe(gate) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 200; ++i) {
    const pid_t pid = fork();
    Expect(pid >= 0);
    if (pid == 0) {
      close(gate[1]);
      Churn(static_cast<unsigned>(i), 2);
      char byte;
      Expect(read(gate[0], &byte, 1) == 0);  // until the parent closes it
      Churn(static_cast<unsigned>(i), 2);
      _exit(0);
    }
    children.push_back(pid);
  }
  close(gate[1]);
  for (pid_t pid : children) ExpectSuccess(WaitFor(pid));
}

// The child is one thread with the blocks of all.
TRAP(fork_child_frees_what_other_threads_allocated) {
  std::atomic<int> ready{0};
  std::atomic<bool> stop{false};
  std::vector<std::vector<void*>> blocks(4);
  std::vector<std::thread> threads;
  for (std::vector<void*>& own : blocks) {
    threads.emplace_back([&] {
      for (size_t i = 0; i < 20'000; ++i) own.push_back(malloc(i % 3000 + 1));
      ++ready;
      while (!stop) sched_yield();
    });
  }
  while (ready < 4) sched_yield();
  ExpectSuccess(InChild([&] {
    for (std::vector<void*>& own : blocks) {
      for (void* block : own) free(block);
    }
    Churn(5, 20);
    std::vector<std::thread> again;
    for (unsigned i = 0; i < 4; ++i) again.emplace_back([i] { Churn(i, 20); });
    for (std::thread& thread : again) thread.join();
  }));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (std::vector<void*>& own : blocks) {
    for (void* block : own) free(block);
  }
}

// A thread forks, and its child ends as that thread: key destructors run.
TRAP(fork_in_thread_that_exits) {
  for (int i = 0; i < 100; ++i) {
    const pid_t self = getpid();
    std::thread thread([self] {
      Churn(1, 1);
      const pid_t pid = fork();
      Expect(pid >= 0);
      Churn(2, 1);
      if (getpid() != self) pthread_exit(nullptr);  // the last thread: exit(0)
      ExpectSuccess(WaitFor(pid));
    });
    thread.join();
  }
}

// ---- the other ways to a new process ----

TRAP(vfork_and_exec) {
  BusyThreads busy(2, [](unsigned i) { Churn(i, 1); });
  for (int i = 0; i < 200; ++i) {
    const pid_t pid = vfork();
    if (pid == 0) {
      execl("/bin/true", "true", nullptr);
      _exit(9);
    }
    Expect(pid > 0);
    ExpectSuccess(WaitFor(pid));
    Churn(1, 1);
  }
}

// Programs do it though they must not: the child shares the parent's memory.
TRAP(vfork_child_allocates) {
  for (int i = 0; i < 200; ++i) {
    const pid_t pid = vfork();
    if (pid == 0) {
      Churn(1, 2);
      _exit(0);
    }
    Expect(pid > 0);
    ExpectSuccess(WaitFor(pid));
    Churn(2, 1);
  }
}

TRAP(posix_spawn_from_busy_threads) {
  BusyThreads busy(3, [](unsigned i) { Churn(i, 1); });
  for (int i = 0; i < 200; ++i) {
    char name[] = "true";
    char* arguments[] = {name, nullptr};
    pid_t pid;
    Expect(posix_spawn(&pid, "/bin/true", nullptr, nullptr, arguments, environ) == 0);
    ExpectSuccess(WaitFor(pid));
  }
}

TRAP(system_and_popen_from_busy_threads) {
  BusyThreads busy(2, [](unsigned i) { Churn(i, 1); });
  for (int i = 0; i < 40; ++i) {
    Expect(system("exit 0") == 0);
    FILE* pipe = popen("echo trap", "r");
    Expect(pipe != nullptr);
    char line[16] = {};
    Expect(fgets(line, sizeof(line), pipe) != nullptr);
    Expect(strcmp(line, "trap\n") == 0 && pclose(pipe) == 0);
  }
}

// fork without atfork handlers.
TRAP(raw_clone_as_fork) {
  Churn(1, 10);
  for (int i = 0; i < 200; ++i) {
    const long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    Expect(pid >= 0);
    if (pid == 0) {
      Churn(2, 3);
      _exit(0);
    }
    ExpectSuccess(WaitFor(static_cast<int>(pid)));
    Churn(3, 1);
  }
}

// The same out of a program with threads. The child only does what glibc's own
// malloc survives, too: other threads may have held its locks.
TRAP(raw_clone_from_busy_threads) {
  BusyThreads busy(3, [](unsigned i) { Churn(i, 1); });
  for (int i = 0; i < 200; ++i) {
    const long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    Expect(pid >= 0);
    if (pid == 0) syscall(SYS_exit_group, 0);
    ExpectSuccess(WaitFor(static_cast<int>(pid)));
  }
}

// A thread that pthread knows nothing of, with its creator's TLS. The creator
// waits (CLONE_VFORK), so that only one of them runs.
TRAP(raw_clone_shares_memory) {
  for (int i = 0; i < 50; ++i) {
    constexpr size_t kStack = 256 * 1024;
    char* stack = static_cast<char*>(malloc(kStack));
    static void* left_by_child;
    left_by_child = nullptr;
    const int pid = clone(
        [](void*) {
          Churn(6, 3);
          left_by_child = malloc(1000);
          Fill(left_by_child, 1000, 9);
          return 0;
        },
        stack + kStack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_VFORK | SIGCHLD, nullptr);
    Expect(pid > 0);
    ExpectSuccess(WaitFor(pid));
    Expect(IsFilled(left_by_child, 1000, 9));
    free(left_by_child);
    free(stack);
    Churn(7, 1);
  }
}

// ---- exec ----

STEP(churn) { Churn(1, 3); }

TRAP(exec_in_a_loop) {
  for (int i = 0; i < 150; ++i) ExpectSuccess(RunStep("churn"));
}

// 100 programs one after another in the same process: nothing may pile up.
STEP(exec_chain) {
  Churn(2, 3);
  const int left = atoi(Argument());
  if (left == 0) return;
  ExecuteStep("exec_chain", std::to_string(left - 1).c_str());
  Fail(__FILE__, __LINE__, "exec of this program");
}

TRAP(exec_chain_of_programs) { ExpectSuccess(RunStep("exec_chain", "100")); }

TRAP(exec_from_a_thread) {
  for (int i = 0; i < 20; ++i) {
    ExpectSuccess(InChild([] {
      BusyThreads busy(3, [](unsigned k) { Churn(k, 1); });
      std::thread thread([] { ExecuteStep("churn"); });
      thread.join();
      Fail(__FILE__, __LINE__, "exec of this program");
    }));
  }
}

}  // namespace glassheap::traps
