// Little memory, few mappings, no descriptors: what is not there is ENOMEM,
// and what comes back is used.

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

void Limit(int resource, rlim_t value) {
  const struct rlimit limit = {value, value};
  Expect(setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0);
}

// A number of /proc/self/status or of a sysctl file, or 0.
size_t NumberIn(const char* path, const char* key) {
  FILE* file = fopen(path, "r");
  if (file == nullptr) return 0;
  char line[256];
  size_t value = 0;
  while (fgets(line, sizeof(line), file) != nullptr) {
    if (strncmp(line, key, strlen(key)) != 0) continue;
    value = strtoull(line + strlen(key), nullptr, 10);
    break;
  }
  fclose(file);
  return value;
}

size_t AddressSpace() { return NumberIn("/proc/self/status", "VmSize:") << 10; }

// Blocks in a list through their own first words: no memory but theirs.
class Chain {
 public:
  explicit Chain(size_t block_size) : block_size_(block_size) {}
  ~Chain() { Free(); }

  // Until there is no more, or `at_most` bytes. Every failure is ENOMEM.
  size_t Fill(size_t at_most = SIZE_MAX) {
    size_t bytes = 0;
    while (bytes < at_most) {
      errno = 0;
      void** block = static_cast<void**>(malloc(block_size_));
      if (block == nullptr) {
        Expect(errno == ENOMEM);
        break;
      }
      *block = top_;
      top_ = block;
      bytes += block_size_;
    }
    return bytes;
  }

  void Free() {
    while (top_ != nullptr) {
      void** next = static_cast<void**>(*top_);
      errno = 4711;
      free(top_);
      Expect(errno == 4711);
      top_ = next;
    }
  }

 private:
  const size_t block_size_;
  void** top_ = nullptr;
};

void ExpectEnough(size_t got, size_t enough, size_t block_size) {
  char text[80];
  snprintf(text, sizeof(text), "%zu bytes in blocks of %zu", got, block_size);
  // glibc spends 32 bytes on a block of 8.
  if (got < (block_size < 16 ? enough / 4 : enough)) {
    Fail(__FILE__, __LINE__, text);
  }
}

// Every size in turn takes all there is, and leaves it to the next.
void ExhaustBySize(size_t enough) {
  for (size_t size : {64, 5000, 40'000, 8, 300'000, 2'000'000, 700}) {
    Chain chain(size);
    ExpectEnough(chain.Fill(), enough, size);
  }
}

}  // namespace

// ---- address space ----

TRAP(address_space_limit_exhausted_and_recovered) {
  Limit(RLIMIT_AS, 512 * kMiB);
  {
    Chain small(64);
    Expect(small.Fill() > 250 * kMiB);
  }
  Chain larger(5000);
  Expect(larger.Fill() > 300 * kMiB);
}

TRAP(address_space_limit_exhausted_by_every_size) {
  Limit(RLIMIT_AS, AddressSpace() + 128 * kMiB);
  ExhaustBySize(60 * kMiB);
  ExhaustBySize(60 * kMiB);
}

TRAP(address_space_limit_reached_now) {
  void* before = malloc(1000);
  Limit(RLIMIT_AS, AddressSpace());
  {
    Chain small(64);
    small.Fill();
    Chain medium(5000);
    medium.Fill();
    Chain large(300'000);
    large.Fill();
    errno = 0;
    Expect(calloc(1, 8 * kMiB) == nullptr && errno == ENOMEM);
    errno = 0;
    Expect(realloc(before, 8 * kMiB) == nullptr && errno == ENOMEM);
  }
  free(before);
  void* again = malloc(64);
  Expect(again != nullptr);
  free(again);
}

// In threads whose caches there is no memory for.
TRAP(address_space_limit_reached_in_threads) {
  std::vector<std::thread> threads;
  static std::atomic<bool> go{false};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      while (!go) sched_yield();
      for (int round = 0; round < 5; ++round) {
        Chain small(48);
        small.Fill();
        Chain large(200'000);
        large.Fill();
      }
    });
  }
  Limit(RLIMIT_AS, AddressSpace() + 16 * kMiB);
  go = true;
  for (std::thread& thread : threads) thread.join();
  Chain again(1000);
  Expect(again.Fill(4 * kMiB) >= 2 * kMiB);
}

TRAP(started_with_little_address_space) {
  Limit(RLIMIT_AS, 24 * kMiB);
  ExpectSuccess(RunStep("churn"));
}

TRAP(data_limit_exhausted_and_recovered) {
  Limit(RLIMIT_DATA, 128 * kMiB);
  ExhaustBySize(40 * kMiB);
}

TRAP(fork_under_an_address_space_limit) {
  Limit(RLIMIT_AS, AddressSpace() + 64 * kMiB);
  Chain most(1000);
  Expect(most.Fill() > 20 * kMiB);
  for (int i = 0; i < 8; ++i) {
    ExpectSuccess(InChild([&most] {
      most.Free();
      Churn(1, 2);
    }));
  }
}

// Under vm.overcommit_memory = 2 every private writable page mapped counts,
// touched or not.
TRAP(little_is_charged_for_little) {
  void* block = malloc(100);
  std::thread([] { Churn(1, 1); }).join();
  Expect(NumberIn("/proc/self/status", "VmData:") < 256 * 1024);
  free(block);
}

TRAP(overcommit_2) {
  if (NumberIn("/proc/sys/vm/overcommit_memory", "") != 2) {
    Skip("needs `sysctl vm.overcommit_memory=2`, which is the whole machine's");
  }
  ExhaustBySize(60 * kMiB);
}

// ---- mappings ----

// Pages of alternating protection, until the kernel allows no more mappings.
TRAP(every_mapping_used_up) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t most = NumberIn("/proc/sys/vm/max_map_count", "");
  if (most > 300'000) Skip("vm.max_map_count is above 300000");
  std::vector<void*> large;
  for (int i = 0; i < 40; ++i) large.push_back(malloc(400'000 + i * 100'000));
  const size_t bytes = 2 * most * page;
  char* area = static_cast<char*>(mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  Expect(area != MAP_FAILED);
  size_t split = 0;
  for (size_t i = 1; i < 2 * most; i += 2) {
    if (mprotect(area + i * page, page, PROT_READ) != 0) break;
    ++split;
  }
  Expect(split > most / 4);
  {
    Chain small(100);
    small.Fill(20 * kMiB);
    for (size_t i = 0; i < large.size(); i += 2) {
      errno = 4711;
      free(large[i]);
      Expect(errno == 4711);
      large[i] = nullptr;
    }
    Chain medium(300'000);
    medium.Fill(20 * kMiB);
  }
  for (void* block : large) free(block);
  Expect(munmap(area, bytes) == 0);
  void* again = malloc(32 * kMiB);
  Expect(again != nullptr);
  memset(again, 1, 32 * kMiB);
  free(again);
  Churn(1, 10);
}

// ---- locked memory ----

namespace {
void DropCapability(int capability) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  Expect(syscall(SYS_capget, &header, data) == 0);
  const unsigned bit = 1u << (capability % 32);
  data[capability / 32].effective &= ~bit;
  data[capability / 32].permitted &= ~bit;
  Expect(syscall(SYS_capset, &header, data) == 0);
}
}  // namespace

TRAP(locked_memory_with_a_limit) {
  DropCapability(CAP_IPC_LOCK);
  struct rlimit limit;
  Expect(getrlimit(RLIMIT_MEMLOCK, &limit) == 0);
  limit.rlim_cur = limit.rlim_max = std::min<rlim_t>(limit.rlim_max, 64 * kMiB);
  Expect(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
  if (limit.rlim_cur < 4 * kMiB) Skip("RLIMIT_MEMLOCK is below 4 MiB");
  void* before = malloc(2 * kMiB);
  memset(before, 0xa5, 2 * kMiB);
  // What is mapped already may be too much for the limit.
  Expect(mlockall(MCL_CURRENT | MCL_FUTURE) == 0 || mlockall(MCL_FUTURE) == 0);
  errno = 4711;
  free(before);  // the kernel does not discard locked pages
  Expect(errno == 4711);
  for (size_t size : {100, 5000, 100'000, 500'000}) {
    for (int i = 0; i < 3; ++i) {
      void* block = calloc(1, size);
      Expect(block != nullptr && IsZero(block, size));
      memset(block, 0xa5, size);
      errno = 4711;
      free(block);
      Expect(errno == 4711);
    }
  }
  for (size_t size : {64, 5000, 300'000}) {
    Chain chain(size);
    ExpectEnough(chain.Fill(), limit.rlim_cur / 8, size);
  }
}

TRAP(locked_memory_without_a_limit) {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) Skip("mlockall is not allowed");
  for (size_t size : {100, 5000, 100'000, 300'000, 2'000'000, 20'000'000}) {
    for (int i = 0; i < 4; ++i) {
      void* block = calloc(1, size);
      Expect(block != nullptr && IsZero(block, size));
      memset(block, 0xa5, size);
      errno = 4711;
      free(block);
      Expect(errno == 4711);
    }
  }
  Churn(1, 5);
  std::thread([] { Churn(2, 5); }).join();
}

// ---- descriptors and files ----

TRAP(no_descriptors_left) {
  Limit(RLIMIT_NOFILE, 3);
  Churn(1, 10);
  std::thread([] { Churn(2, 10); }).join();
  ExpectSuccess(InChild([] {
    Churn(3, 10);
    ExpectSuccess(InChild([] { Churn(4, 10); }));
  }));
}

TRAP(started_with_one_descriptor_left) {
  Limit(RLIMIT_NOFILE, 4);  // ld.so needs one to open libraries
  ExpectSuccess(RunStep("churn"));
}

STEP(standard_descriptors_are_free) {
  Churn(1, 2);
  for (int expected = 0; expected < 3; ++expected) {
    if (open("/dev/null", O_RDWR) != expected) _exit(9);
  }
}

TRAP(started_without_standard_descriptors) {
  ExpectSuccess(InChild([] {
    for (int fd = 0; fd < 3; ++fd) close(fd);
    ExecuteStep("standard_descriptors_are_free");
    _exit(8);
  }));
}

// Growing a file, even one in memory, raises SIGXFSZ.
TRAP(started_with_no_file_size) {
  Limit(RLIMIT_FSIZE, 0);
  ExpectSuccess(RunStep("churn"));
  ExpectSuccess(RunStep("churn_in_a_child"));
}
STEP(churn_in_a_child) {
  Churn(1, 2);
  ExpectSuccess(InChild([] { Churn(2, 2); }));
}

// ---- unusual address spaces ----

TRAP(started_with_an_unlimited_stack) {
  const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_STACK, &unlimited) != 0) Skip("the hard limit is lower");
  ExpectSuccess(RunStep("churn"));
}

TRAP(started_with_a_small_stack) {
  Limit(RLIMIT_STACK, 128 * 1024);
  ExpectSuccess(RunStep("churn"));
}

TRAP(started_without_address_randomisation) {
  Expect(personality(ADDR_NO_RANDOMIZE) != -1);
  ExpectSuccess(RunStep("churn"));
}

TRAP(started_with_the_old_address_layout) {
  Expect(personality(ADDR_COMPAT_LAYOUT) != -1);
  ExpectSuccess(RunStep("churn"));
}

}  // namespace glassheap::traps
