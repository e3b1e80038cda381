// What few programs do, and some do: contexts, stacks and guards of their own, the break, mappings beside the heap.

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

constexpr size_t kMiB = 1 << 20;
const size_t kEveryKind[] = {1, 8, 24, 100, 1000, 5000, 40'000, 262'144, 300'000, 1'100'000, 8 << 20};

size_t PageSize() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

char* PageIn(void* block) {
  return reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(block) + PageSize() - 1) / PageSize() * PageSize());
}

}  // namespace

// ---- errno and names ----

TRAP(malloc_that_succeeds_keeps_errno) {
  for (int round = 0; round < 3; ++round) {
    for (size_t size : kEveryKind) {
      errno = 4711;
      void* block = malloc(size);
      Expect(errno == 4711);
      block = realloc(block, size * 2);
      Expect(errno == 4711);
      free(block);
      block = calloc(1, size);
      Expect(errno == 4711);
      free(block);
      free(memalign(256, size));
      Expect(errno == 4711);
    }
    malloc_trim(0);
  }
}

// Names of glibc before 2.34, of which old binaries still ask.
TRAP(old_names_of_libc) {
  const auto cfree = reinterpret_cast<void (*)(void*)>(dlsym(RTLD_DEFAULT, "cfree"));
  if (UnderGlassheap()) Expect(cfree != nullptr);
  if (cfree != nullptr) {
    for (size_t size : kEveryKind) cfree(malloc(size));
    cfree(nullptr);
  }
  for (const char* name : {"__libc_valloc", "__libc_pvalloc"}) {
    const auto allocate = reinterpret_cast<void* (*)(size_t)>(dlsym(RTLD_DEFAULT, name));
    if (allocate == nullptr) continue;
    void* block = allocate(100);
    Expect(reinterpret_cast<uintptr_t>(block) % PageSize() == 0);
    free(block);
  }
  for (const char* name : {"mtrace", "muntrace"}) {
    if (const auto call = reinterpret_cast<void (*)()>(dlsym(RTLD_DEFAULT, name))) call();
  }
  Churn(1, 2);
}

// ---- sizes and alignments ----

TRAP(realloc_of_aligned_blocks) {
  for (size_t alignment : {16, 64, 512, 4096, 65'536, 1 << 20}) {
    size_t size = 24;
    void* block = memalign(alignment, size);
    Fill(block, size, 3);
    for (size_t next : {1000, 30, 70'000, 5000, 300'000, 100, 2'000'000, 400'000, 8}) {
      block = realloc(block, next);
      Expect(block != nullptr && IsFilled(block, std::min(size, next), 3));
      size = next;
      Fill(block, size, 3);
    }
    free(block);
  }
}

TRAP(huge_blocks_are_not_touched) {
  const size_t before = RssBytes();
  const size_t size = size_t{3} << 30;
  char* block = static_cast<char*>(calloc(1, size));
  if (block == nullptr) Skip("no 3 GiB of address space");
  for (size_t i = 0; i < size; i += size / 16) Expect(block[i] == 0);
  block[size - 1] = 7;
  block = static_cast<char*>(realloc(block, size + (size_t{1} << 30)));
  if (block == nullptr) Skip("no 4 GiB of address space");
  Expect(RssBytes() < before + 200 * kMiB || !UnderGlassheap());
  Expect(block[size - 1] == 7);
  block = static_cast<char*>(realloc(block, 100));
  Expect(block[0] == 0);
  free(block);
  Expect(RssBytes() < before + 200 * kMiB);
}

// ---- pages that the program does things to ----

TRAP(program_advises_its_own_blocks) {
  for (size_t size : {20'000, 200'000, 4'000'000}) {
    for (int advice : {MADV_DONTNEED, MADV_NOHUGEPAGE, MADV_WILLNEED, MADV_FREE}) {
      void* block = malloc(size);
      memset(block, 0xa5, size);
      Expect(madvise(PageIn(block), PageSize(), advice) == 0 || errno == EINVAL);
      free(block);
      block = calloc(1, size);
      Expect(IsZero(block, size));
      free(block);
    }
  }
}

TRAP(program_protects_pages_of_its_blocks) {
  for (size_t size : {20'000, 200'000, 4'000'000}) {
    for (int round = 0; round < 20; ++round) {
      void* block = malloc(size);
      memset(block, 1, size);
      Expect(mprotect(PageIn(block), PageSize(), PROT_NONE) == 0);
      Expect(mprotect(PageIn(block), PageSize(), PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
      memset(block, 2, size);
      free(block);
    }
  }
  Churn(1, 5);
}

TRAP(program_moves_the_break) {
  void* start = sbrk(0);
  std::vector<char*> parts;
  for (int i = 1; i < 50; ++i) {
    char* part = static_cast<char*>(sbrk(i * 1000));
    if (part == reinterpret_cast<char*>(-1)) Skip("the break cannot be moved");
    Fill(part, static_cast<size_t>(i) * 1000, static_cast<unsigned>(i));
    parts.push_back(part);
    Churn(static_cast<unsigned>(i), 1);
  }
  for (size_t i = 0; i < parts.size(); ++i) Expect(IsFilled(parts[i], (i + 1) * 1000, static_cast<unsigned>(i + 1)));
  Expect(!UnderGlassheap() || brk(start) == 0);
  Churn(1, 5);
}

// Mappings at fixed places around the heap: it must go around them.
TRAP(mappings_beside_the_heap) {
  std::vector<char*> neighbours;
  std::vector<void*> blocks;
  for (int round = 0; round < 24; ++round) {
    uintptr_t highest = 0;
    for (int i = 0; i < 8; ++i) {
      blocks.push_back(memset(malloc(2 * kMiB), round, 2 * kMiB));
      highest = std::max(highest, reinterpret_cast<uintptr_t>(blocks.back()) + 2 * kMiB);
    }
    for (size_t distance : {size_t{0}, 4 * kMiB, 64 * kMiB}) {
      void* wish = reinterpret_cast<void*>((highest + distance) / PageSize() * PageSize() + PageSize());
      void* got =
          mmap(wish, PageSize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
      if (got == MAP_FAILED) continue;
      neighbours.push_back(static_cast<char*>(got));
      Fill(got, PageSize(), 9);
    }
  }
  for (void* block : blocks) free(block);
  Churn(3, 5);
  for (char* neighbour : neighbours) Expect(IsFilled(neighbour, PageSize(), 9));
}

// ---- stacks and contexts ----

namespace {
ucontext_t main_context, fibers[20];
constinit int fiber_steps = 0;
void RunFiber() {
  const int self = fiber_steps % 20;
  for (int i = 0; i < 10; ++i) {
    void* block = malloc(static_cast<size_t>(i) * 300 + 1);
    Fill(block, static_cast<size_t>(i) * 300 + 1, static_cast<unsigned>(i));
    ++fiber_steps;
    swapcontext(&fibers[self], &main_context);
    Expect(IsFilled(block, static_cast<size_t>(i) * 300 + 1, static_cast<unsigned>(i)));
    free(block);
  }
}
}  // namespace

TRAP(contexts_on_allocated_stacks) {
  constexpr size_t kStack = 64 * 1024;
  std::vector<void*> stacks;
  for (ucontext_t& fiber : fibers) {
    stacks.push_back(malloc(kStack));
    Expect(getcontext(&fiber) == 0);
    fiber.uc_stack.ss_sp = stacks.back();
    fiber.uc_stack.ss_size = kStack;
    fiber.uc_link = &main_context;
    makecontext(&fiber, RunFiber, 0);
  }
  for (int round = 0; round < 11; ++round) {
    for (ucontext_t& fiber : fibers) Expect(swapcontext(&main_context, &fiber) == 0);
  }
  Expect(fiber_steps == 200);
  for (void* stack : stacks) free(stack);
}

TRAP(threads_on_allocated_stacks) {
  constexpr size_t kStack = 256 * 1024;
  for (int i = 0; i < 200; ++i) {
    void* stack = memalign(PageSize(), kStack);
    pthread_attr_t attributes;
    Expect(pthread_attr_init(&attributes) == 0 && pthread_attr_setstack(&attributes, stack, kStack) == 0);
    pthread_t thread;
    Expect(pthread_create(
               &thread, &attributes,
               [](void*) -> void* {
                 Churn(1, 1);
                 return nullptr;
               },
               nullptr) == 0);
    Expect(pthread_join(thread, nullptr) == 0);
    pthread_attr_destroy(&attributes);
    free(stack);
  }
}

namespace {
sigjmp_buf after_overflow;
int Recurse(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  if (depth < 0) return 0;
  return Recurse(depth + 1) + frame[0];
}
}  // namespace

// The program's own handler, on a stack of its own, which it leaves by a jump: as libsigsegv and some interpreters do.
TRAP(stack_overflow_is_the_programs_to_handle) {
  const stack_t alternate = {malloc(64 * 1024), 0, 64 * 1024};
  Expect(sigaltstack(&alternate, nullptr) == 0);
  struct sigaction action = {};
  action.sa_handler = [](int) { siglongjmp(after_overflow, 1); };
  action.sa_flags = SA_ONSTACK;
  Expect(sigaction(SIGSEGV, &action, nullptr) == 0);
  static int overflows;
  for (overflows = 0; overflows < 5; ++overflows) {
    if (sigsetjmp(after_overflow, 1) == 0) exit(Recurse(0) == 0);
    Churn(1, 2);
  }
}

// Whoever handles faults on guard pages leaves others alone: the parent sees what it has always seen.
TRAP(null_pointer_dies_of_sigsegv) {
  const int status = InChild([] {
    Churn(1, 1);
    volatile int* volatile nowhere = nullptr;
    *nowhere = 1;
  });
  Expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  const int blocked = InChild([] {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    volatile int* volatile nowhere = nullptr;
    *nowhere = 1;
  });
  Expect(WIFSIGNALED(blocked) && WTERMSIG(blocked) == SIGSEGV);
}

// ---- threads that meet ----

TRAP(trim_and_ask_from_busy_threads) {
  std::vector<std::thread> threads;
  std::atomic<bool> stop{false};
  for (unsigned i = 0; i < 3; ++i) {
    threads.emplace_back([&stop, i] {
      while (!stop) Churn(i, 1);
    });
  }
  FILE* nowhere = fopen("/dev/null", "w");
  for (int i = 0; i < 60; ++i) {
    malloc_trim(0);
    Expect(malloc_info(0, nowhere) == 0);
    Expect(mallinfo2().arena + mallinfo2().hblkhd > 0);
    Churn(9, 1);
  }
  fclose(nowhere);
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

namespace {
struct StartsAThread {
  void* block = malloc(500);
  ~StartsAThread() {
    std::thread([] { Churn(1, 1); }).join();
    free(block);
    Churn(2, 1);
  }
};
}  // namespace

TRAP(thread_started_in_a_threads_destructor) {
  for (int i = 0; i < 100; ++i) {
    std::thread([] {
      static thread_local StartsAThread last;
      Expect(last.block != nullptr);
    }).join();
  }
}

TRAP(dlopen_from_threads_at_once) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) {
        void* handle = dlopen(Beside("libplugin.so").c_str(), RTLD_NOW);
        Expect(handle != nullptr);
        const auto entries = reinterpret_cast<int (*)()>(dlsym(handle, "plugin_entries"));
        Expect(entries() == 500);
        Churn(1, 1);
        dlclose(handle);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TRAP(fork_and_exec_from_every_thread) {
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 40; ++i) {
        const pid_t pid = fork();
        Expect(pid >= 0);
        if (pid == 0) {
          std::string name = std::string("/bin/") + "true";
          Churn(t, 1);
          execl(name.c_str(), name.c_str(), nullptr);
          _exit(9);
        }
        Churn(t, 1);
        ExpectSuccess(WaitFor(pid));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// glibc changes the user in each thread by a signal.
TRAP(setuid_from_busy_threads) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) {
    threads.emplace_back([&stop, i] {
      while (!stop) Churn(i, 1);
    });
  }
  for (int i = 0; i < 200; ++i) Expect(setresuid(getuid(), geteuid(), geteuid()) == 0);
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

// ---- processes ----

TRAP(daemon_by_two_forks) {
  std::vector<void*> blocks;
  for (size_t i = 0; i < 5000; ++i) blocks.push_back(malloc(i % 2000 + 1));
  int done[2];
  Expect(pipe(done) == 0);
  ExpectSuccess(InChild([&] {
    setsid();
    if (fork() != 0) _exit(0);
    for (void* block : blocks) free(block);
    std::thread([] { Churn(1, 3); }).join();
    Expect(write(done[1], "x", 1) == 1);
    _exit(0);
  }));
  close(done[1]);
  char byte = 0;
  Expect(read(done[0], &byte, 1) == 1);
  for (void* block : blocks) free(block);
}

TRAP(data_limit_lowered_and_raised) {
  struct rlimit limit;
  Expect(getrlimit(RLIMIT_DATA, &limit) == 0);
  for (int round = 0; round < 3; ++round) {
    const struct rlimit low = {1 * kMiB, limit.rlim_max};
    Expect(setrlimit(RLIMIT_DATA, &low) == 0);
    std::vector<void*> blocks;
    blocks.reserve(64);
    errno = 0;
    while (blocks.size() < 64) {
      void* block = malloc(4 * kMiB);
      if (block == nullptr) break;
      blocks.push_back(block);
    }
    Expect(blocks.size() == 64 || errno == ENOMEM);
    Expect(setrlimit(RLIMIT_DATA, &limit) == 0);
    void* again = malloc(16 * kMiB);
    Expect(again != nullptr);
    memset(again, 1, 16 * kMiB);
    free(again);
    for (void* block : blocks) free(block);
  }
}

TRAP(environment_changes_all_the_time) {
  for (int i = 0; i < 3000; ++i) {
    const std::string name = "GLASSHEAP_TRAP_" + std::to_string(i % 300);
    Expect(setenv(name.c_str(), std::string(static_cast<size_t>(i % 500), 'e').c_str(), 1) == 0);
    if (i % 7 == 0) Expect(unsetenv(name.c_str()) == 0);
  }
  Expect(clearenv() == 0);
  Expect(setenv("A", "b", 1) == 0 && strcmp(getenv("A"), "b") == 0);
}

// An address above 47 bits, which the kernel gives to those who ask for it.
TRAP(pointer_of_57_bits) {
  void* const wish = reinterpret_cast<void*>(uintptr_t{1} << 50);
  void* got = mmap(wish, kMiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Expect(got != MAP_FAILED);
  if (reinterpret_cast<uintptr_t>(got) >> 47 == 0) Skip("the machine has 47 bits");
  Churn(1, 5);
  const int status = InChild([got] {
    close(2);
    free(static_cast<char*>(got) + 4096);
  });
  Expect(WIFSIGNALED(status));
}

}  // namespace glassheap::traps
