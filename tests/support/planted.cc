// A program with a memory profile that is known beforehand, for tests that look at it from outside: planted CASE [N].
// Prints "ready" once it has it, and rests until it is killed.

#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr size_t kMiB = size_t{1} << 20;

[[noreturn]] void Rest() {
  std::puts("ready");
  std::fflush(stdout);
  for (;;) ::pause();
}

char* Take(size_t size) {
  char* memory = static_cast<char*>(std::malloc(size));
  if (memory == nullptr) std::abort();
  return memory;
}

volatile char* keep;  // so that no allocation is optimised away

void Untouched(size_t) { keep = Take(1024 * kMiB); }

// 64 objects of 64 bytes are a page of the kernel's: with one of them left no page can go back.
void Survivors(size_t) {
  constexpr size_t kObjects = size_t{1} << 20;
  static char* objects[kObjects];
  for (char*& object : objects) std::memset(object = Take(64), 1, 64);
  for (size_t i = 0; i < kObjects; ++i) {
    if (i % 64 != 0) std::free(objects[i]);
  }
}

void DirectMmap(size_t) {
  void* memory = ::mmap(nullptr, 256 * kMiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  std::memset(memory, 1, 256 * kMiB);
}

void Released(size_t) {
  char* memory = Take(64 * kMiB);
  std::memset(memory, 1, 64 * kMiB);
  keep = memory;
  std::free(memory);
  ::malloc_trim(0);
}

pthread_barrier_t barrier;

void* UseStack(void*) {
  volatile char stack[kMiB];
  for (size_t i = 0; i < sizeof stack; i += 1024) stack[i] = 1;
  pthread_barrier_wait(&barrier);
  for (;;) ::pause();
}

void Start(size_t threads, void* (*run)(void*)) {
  pthread_barrier_init(&barrier, nullptr, static_cast<unsigned>(threads + 1));
  for (size_t i = 0; i < threads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, run, reinterpret_cast<void*>(i)) != 0) std::abort();
  }
}

void Stacks(size_t threads) {
  Start(threads, UseStack);
  pthread_barrier_wait(&barrier);
}

void SwappedOut(size_t) {
  char* memory = Take(32 * kMiB);
  std::memset(memory, 1, 32 * kMiB);
  const uintptr_t start = (reinterpret_cast<uintptr_t>(memory) + 4095) / 4096 * 4096;
  ::madvise(reinterpret_cast<void*>(start), 32 * kMiB - 4096, MADV_PAGEOUT);
  keep = memory;
}

// Random sizes, kept in a table that threads share, so that many objects are freed by another thread.
struct Random {
  uint64_t state;
  uint64_t Next() { return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33; }
};

std::atomic<char*> shared[4096];

size_t RandomSize(Random& random) {
  const uint64_t dice = random.Next() % 1000;
  if (dice < 900) return 1 + random.Next() % 1024;
  if (dice < 990) return 1 + random.Next() % (32 << 10);
  return 1 + random.Next() % (600 << 10);
}

void Exchange(Random& random) {
  char* object = random.Next() % 4 == 0 ? nullptr : Take(RandomSize(random));
  if (object != nullptr) object[0] = 1;
  std::free(shared[random.Next() % 4096].exchange(object));
}

void* RandomThenRest(void* number) {
  Random random = {reinterpret_cast<uintptr_t>(number) + 1};
  for (int i = 0; i < 20'000; ++i) Exchange(random);
  pthread_barrier_wait(&barrier);
  for (;;) ::pause();
}

void Quiesced(size_t threads) {
  Start(threads, RandomThenRest);
  pthread_barrier_wait(&barrier);
}

void* RandomForEver(void* number) {
  Random random = {reinterpret_cast<uintptr_t>(number) + 1};
  pthread_barrier_wait(&barrier);
  for (;;) Exchange(random);
}

void Busy(size_t threads) {
  Start(threads, RandomForEver);
  pthread_barrier_wait(&barrier);
}

constexpr struct {
  const char* name;
  void (*plant)(size_t);
} kCases[] = {
    {"untouched", Untouched}, {"survivors", Survivors}, {"mmap", DirectMmap},   {"released", Released},
    {"stacks", Stacks},       {"swapped", SwappedOut},  {"quiesced", Quiesced}, {"busy", Busy},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  const size_t number = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  for (const auto& row : kCases) {
    if (name != row.name) continue;
    row.plant(number);
    Rest();
  }
  std::fprintf(stderr, "planted: no such case: %s\n", name.c_str());
  return 2;
}
