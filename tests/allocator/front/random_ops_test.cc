// The property test of the whole allocator: random operations in 8 threads over a shadow of all live objects. Every so
// often the threads meet, and the one that is elected compares the heap with the shadow while the others wait.
//
// The number of operations: GLASSHEAP_TEST_OPERATIONS, or 400,000.
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "allocator/introspection.h"
#if defined(GLASSHEAP_BLOCK)
#include "tests/support/block_audit.h"
#elif defined(GLASSHEAP_HARDENED)
#include "tests/support/hardened_audit.h"
#else
#include "tests/support/heap_audit.h"
#endif
#include "tests/support/random.h"
#include "tests/support/shadow_object.h"

namespace glassheap {
namespace {

using testing::HeapAudit;
using testing::Random;
using testing::ShadowObject;

constexpr int kThreads = 8;
constexpr int kRounds = 4;                          // new threads in each
constexpr size_t kMeetings = 12;                    // per round
constexpr size_t kObjects = 4096;                   // live ones per thread
constexpr size_t kMaxLiveBytes = size_t{24} << 20;  // per thread
constexpr size_t kQueued = 256;

// Objects on their way to the thread that will free them.
struct Queue {
  std::mutex mutex;
  ShadowObject objects[kQueued];
  size_t count = 0;

  bool Push(const ShadowObject& object) {
    std::lock_guard hold(mutex);
    if (count == kQueued) return false;
    objects[count++] = object;
    return true;
  }
  bool Pop(ShadowObject* object) {
    std::lock_guard hold(mutex);
    if (count == 0) return false;
    *object = objects[--count];
    return true;
  }
};

// One thread's part of the shadow. It outlives its thread: the next round's takes it over.
struct Part {
  ShadowObject objects[kObjects];
  size_t count = 0;
  size_t bytes = 0;
  Queue queue;
};

Part parts[kThreads];  // static: the shadow itself must not be on the heap
pthread_barrier_t barrier;
HeapAudit audit;

size_t Operations() {
  const char* text = getenv("GLASSHEAP_TEST_OPERATIONS");
  return text != nullptr ? strtoul(text, nullptr, 10) : 400'000;
}

size_t RandomSize(Random& random) {
  const size_t dice = random.Below(1000);
  if (dice < 700) return random.Skewed(1025);
  if (dice < 960) return random.Skewed(32 << 10);
  if (dice < 994) return random.Skewed(300 << 10);
  return random.Skewed(3 << 20);
}

class Worker {
 public:
  Worker(int number, int round)
      : number_(number), part_(parts[number]), random_(static_cast<uint64_t>(100 + round * kThreads + number)) {}

  void Run(size_t operations) {
    Meet(true);
    for (size_t meeting = 0; meeting < kMeetings; ++meeting) {
      for (size_t i = 0; i < operations / kMeetings; ++i) Step();
      Meet(false);
    }
  }

 private:
  void Step() {
    const size_t dice = random_.Below(100);
    if (part_.count == 0 || (dice < 48 && part_.count < kObjects && part_.bytes < kMaxLiveBytes)) return Allocate();
    if (dice < 58) return Realloc(random_.Below(part_.count));
    if (dice < 70) return FreeElsewhere(random_.Below(part_.count));
    if (dice < 80) return FreeQueued();
    Take(random_.Below(part_.count)).Free(random_);
  }

  void Allocate() {
    ShadowObject& object = part_.objects[part_.count++];
    object = ShadowObject::Allocate(random_, RandomSize(random_));
    part_.bytes += object.usable;
  }

  ShadowObject Take(size_t index) {
    const ShadowObject object = part_.objects[index];
    part_.objects[index] = part_.objects[--part_.count];
    part_.bytes -= object.usable;
    return object;
  }

  void Realloc(size_t index) {
    ShadowObject& object = part_.objects[index];
    if (object.way != ShadowObject::Way::kMalloc) return object.Check();
    part_.bytes -= object.usable;
    object.Realloc(random_, 1 + (random_.OneIn(2) ? RandomSize(random_) : random_.Below(object.size * 2 + 1)));
    part_.bytes += object.usable;
  }

  void FreeElsewhere(size_t index) {
    ShadowObject object = Take(index);
    const int to = (number_ + 1 + static_cast<int>(random_.Below(kThreads - 1))) % kThreads;
    if (!parts[to].queue.Push(object)) object.Free(random_);
  }

  void FreeQueued() {
    ShadowObject object;
    for (int i = 0; i < 16 && part_.queue.Pop(&object); ++i) object.Free(random_);
  }

  // All threads wait here while one of them compares.
  void Meet(bool first) {
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
      audit.Clear();
      for (Part& part : parts) {
        for (size_t i = 0; i < part.count; ++i) audit.Add(part.objects[i]);
        for (size_t i = 0; i < part.queue.count; ++i) audit.Add(part.queue.objects[i]);
      }
      if (first) audit.SetBaseline();
      audit.Compare();
    }
    pthread_barrier_wait(&barrier);
  }

  const int number_;
  Part& part_;
  Random random_;
};

struct Start {
  int number;
  int round;
  size_t operations;
};

void* RunWorker(void* argument) {
  const Start& start = *static_cast<Start*>(argument);
  free(malloc(1));  // the thread's cache is there before the baseline is taken
  Worker(start.number, start.round).Run(start.operations);
  return nullptr;
}

TEST(RandomOps, TheHeapAgreesWithItsShadow) {
  pthread_barrier_init(&barrier, nullptr, kThreads);
  const size_t per_thread = Operations() / kThreads / kRounds;
  testing::TestSeed();
  for (int round = 0; round < kRounds; ++round) {
    pthread_t threads[kThreads];
    Start starts[kThreads];
    for (int i = 0; i < kThreads; ++i) {
      starts[i] = {i, round, per_thread};
      ASSERT_EQ(pthread_create(&threads[i], nullptr, &RunWorker, &starts[i]), 0);
    }
    for (pthread_t thread : threads) pthread_join(thread, nullptr);
    CheckHeap(true);
  }
  EXPECT_EQ(audit.comparisons(), kRounds * (kMeetings + 1));
  Random random(99);
  for (Part& part : parts) {
    for (size_t i = 0; i < part.count; ++i) part.objects[i].Free(random);
    for (size_t i = 0; i < part.queue.count; ++i) part.queue.objects[i].Free(random);
    part.count = part.queue.count = 0;
  }
  audit.CompareAfterEnd();
}

}  // namespace
}  // namespace glassheap
