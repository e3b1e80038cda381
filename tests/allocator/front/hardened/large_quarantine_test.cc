// Large objects that were freed in the hardened library: they wait before they are handed out again, a thread that ends or
// malloc_trim gives them back, and a fork in the middle of it all leaves a heap that works.
#include <gtest/gtest.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "allocator/introspection.h"
#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;

// Waits whether it keeps its memory or not.
size_t SizeThatWaits(Random& random) { return 33'000 + random.Below(900'000); }

// What the compiler must not follow.
char* Unknown(void* pointer) {
  asm volatile("" : "+r"(pointer));
  return static_cast<char*>(pointer);
}

uint64_t LiveBytes() {
  HeapSnapshot snapshot;
  TakeSnapshot(&snapshot);
  EXPECT_EQ(snapshot.residual, 0);
  return snapshot.live_bytes;
}

TEST(LargeQuarantine, TheNextOfItsSizeHasAnotherAddress) {
  Random random(1);
  for (int i = 0; i < 3000; ++i) {
    const size_t size = SizeThatWaits(random);
    char* object = Unknown(malloc(size));
    free(object);
    char* again = Unknown(malloc(size));
    ASSERT_NE(object, again);
    again[0] = again[size - 1] = 'x';
    free(again);
  }
}

TEST(LargeQuarantine, ADoubleFreeAfterReuseIsOne) {
  Random random(2);
  for (int i = 0; i < 20; ++i) {
    const size_t size = SizeThatWaits(random);
    for (size_t others = random.Below(2000); others > 0; --others) free(Unknown(malloc(SizeThatWaits(random))));
    const auto misuse = [size] {
      char* object = Unknown(malloc(size));
      free(object);
      Unknown(malloc(size));
      free(object);
    };
    EXPECT_EXIT(misuse(), ::testing::KilledBySignal(SIGABRT), "glassheap: double free: ") << size;
  }
}

// Frees three that wait.
void* FreeSome(void*) {
  constexpr size_t kSize = 300'000;
  char* objects[3];
  for (char*& object : objects) object = static_cast<char*>(memset(malloc(kSize), 'x', kSize));
  for (char* object : objects) free(object);
  return nullptr;
}

TEST(LargeQuarantine, AThreadThatEndsLeavesNothing) {
  const auto run = [] {
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, nullptr, &FreeSome, nullptr), 0);
    pthread_join(thread, nullptr);
  };
  run();  // what the first thread needs for ever
  const uint64_t before = LiveBytes();
  for (int i = 0; i < 20; ++i) run();
  EXPECT_LT(LiveBytes(), before + 300'000);
}

TEST(LargeQuarantine, TrimmingEmptiesIt) {
  malloc_trim(0);
  const uint64_t before = LiveBytes();
  FreeSome(nullptr);
  EXPECT_GE(LiveBytes(), before + 300'000);  // one waits in any case
  malloc_trim(0);
  EXPECT_LT(LiveBytes(), before + 300'000);
}

// ---- threads ----

constexpr int kThreads = 4;
constexpr size_t kShared = 64;
std::atomic<char*> shared[kShared];

// The object's size is in its first word and at its end.
char* TakeMarked(Random& random) {
  const size_t size = random.OneIn(10) ? 1'000'000 + random.Below(3'000'000) : SizeThatWaits(random);
  char* object = static_cast<char*>(random.OneIn(4) ? calloc(1, size) : malloc(size));
  memcpy(object, &size, sizeof(size));
  memcpy(object + size - sizeof(size), &size, sizeof(size));
  return object;
}
void CheckAndFree(char* object) {
  if (object == nullptr) return;
  size_t size, at_end;
  memcpy(&size, object, sizeof(size));
  if (malloc_usable_size(object) != size) abort();
  memcpy(&at_end, object + size - sizeof(size), sizeof(size));
  if (at_end != size) abort();
  free(object);
}

void Churn(uint64_t stream, int operations) {
  Random random(stream);
  for (int i = 0; i < operations; ++i) CheckAndFree(shared[random.Below(kShared)].exchange(TakeMarked(random)));
}
void* RunChurn(void* argument) {
  Churn(100 + reinterpret_cast<uintptr_t>(argument), 5000);
  return nullptr;
}

TEST(LargeQuarantine, ThreadsFreeEachOthers) {
  pthread_t threads[kThreads];
  for (size_t i = 0; i < kThreads; ++i) {
    ASSERT_EQ(pthread_create(&threads[i], nullptr, &RunChurn, reinterpret_cast<void*>(i)), 0);
  }
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  CheckHeap(true);
  for (std::atomic<char*>& place : shared) CheckAndFree(place.exchange(nullptr));
  LiveBytes();
}

std::atomic<bool> stop{false};
void* ChurnOwn(void*) {
  Random random(7);
  char* own[8] = {};
  while (!stop.load()) {
    char*& object = own[random.Below(8)];
    CheckAndFree(object);
    object = TakeMarked(random);
  }
  for (char* object : own) CheckAndFree(object);
  return nullptr;
}

TEST(LargeQuarantine, AChildOfABusyProcessGoesOn) {
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, nullptr, &ChurnOwn, nullptr), 0);
  for (int i = 0; i < 60; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      Churn(1000 + static_cast<uint64_t>(i), 200);
      CheckHeap(false);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << "child " << i;
  }
  stop = true;
  pthread_join(thread, nullptr);
}

}  // namespace
}  // namespace glassheap
