// The whole allocator under its inner names, so that a sanitizer, which replaces malloc, can watch it: threads that allocate,
// free each other's objects, come and go, while others look on, give memory back and install hooks.
//
// GLASSHEAP_TEST_OPERATIONS: of each thread and round; 3,000 unless set.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "allocator/front/door.h"
#include "allocator/introspection.h"
#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;

constexpr int kThreads = 4;
constexpr int kRounds = 3;  // new threads in each

size_t Operations() {
  const char* text = getenv("GLASSHEAP_TEST_OPERATIONS");
  return text != nullptr ? strtoul(text, nullptr, 10) : 3'000;
}

struct Object {
  char* address;
  size_t size;
};

char FillOf(const Object& object) { return static_cast<char>(reinterpret_cast<uintptr_t>(object.address) >> 4); }

void Fill(const Object& object) {
  if (object.size > 0) memset(object.address, FillOf(object), object.size < 64 ? object.size : 64);
}

void Check(const Object& object) {
  for (size_t i = 0; i < object.size && i < 64; ++i) ASSERT_EQ(object.address[i], FillOf(object)) << i;
}

// What threads hand over to each other.
class Exchange {
 public:
  void Put(const Object& object) {
    std::lock_guard hold(mutex_);
    objects_.push_back(object);
  }
  bool Take(Object* object) {
    std::lock_guard hold(mutex_);
    if (objects_.empty()) return false;
    *object = objects_.back();
    objects_.pop_back();
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<Object> objects_;
};

size_t RandomSize(Random& random) {
  const size_t dice = random.Below(100);
  if (dice < 70) return random.Skewed(1025);
  if (dice < 92) return random.Skewed(64 << 10);
  if (dice < 98) return random.Skewed(400 << 10);
  return random.Skewed(2 << 20);
}

class Worker {
 public:
  Worker(Exchange* exchange, uint64_t seed) : exchange_(*exchange), random_(seed) {}

  void Run(size_t operations) {
    for (size_t i = 0; i < operations; ++i) Step();
    while (!own_.empty()) Free(TakeOwn());
  }

 private:
  void Step() {
    const size_t dice = random_.Below(100);
    if (own_.empty() || (dice < 45 && own_.size() < 400)) return Allocate();
    if (dice < 55) return Resize();
    if (dice < 70) return exchange_.Put(TakeOwn());
    if (dice < 85) return FreeForeign();
    if (dice < 88) return Ask();
    Free(TakeOwn());
  }

  void Allocate() {
    const size_t size = RandomSize(random_);
    void* address = nullptr;
    switch (random_.Below(4)) {
      case 0:
        address = door::TakeZeroed(size);
        break;
      case 1:
        address = door::TakeAligned(size_t{1} << random_.Below(14), size, Origin::kMalloc);
        break;
      default:
        address = door::Take(size, Origin::kMalloc);
    }
    ASSERT_NE(address, nullptr);
    Adopt({static_cast<char*>(address), size});
  }

  void Adopt(const Object& object) {
    Fill(object);
    own_.push_back(object);
  }

  Object TakeOwn() {
    const size_t index = random_.Below(own_.size());
    const Object object = own_[index];
    own_[index] = own_.back();
    own_.pop_back();
    return object;
  }

  void Resize() {
    const Object old = TakeOwn();
    Check(old);
    const size_t size = 1 + RandomSize(random_);
    char* address = static_cast<char*>(door::Resize(old.address, size));
    ASSERT_NE(address, nullptr);
    Adopt({address, size});
  }

  void Free(const Object& object) {
    Check(object);
    // A live object that looks as if it were free has the slow path look for it everywhere.
    if (object.size >= 8 && random_.OneIn(50)) *reinterpret_cast<FirstWord*>(object.address) = kFreeMark;
    door::Give(object.address, Origin::kMalloc);
  }

  void FreeForeign() {
    Object object;
    for (int i = 0; i < 8 && exchange_.Take(&object); ++i) Free(object);
  }

  void Ask() {
    const Object object = TakeOwn();
    EXPECT_GE(door::SizeOrDie(object.address), object.size);
    EXPECT_GE(UsableSize(object.address), object.size);
    EXPECT_EQ(GetOwnership(object.address), Ownership::kOwned);
    own_.push_back(object);
  }

  Exchange& exchange_;
  Random random_;
  std::vector<Object> own_;
};

std::atomic<uint64_t> news{0};
std::atomic<uint64_t> deletes{0};
void CountNew(const void*, size_t) { news.fetch_add(1, std::memory_order_relaxed); }
void CountDelete(const void*) { deletes.fetch_add(1, std::memory_order_relaxed); }

// Everything that a program may ask or tell the heap while others use it.
void LookOn(const std::atomic<bool>& done) {
  Random random(7);
  while (!done.load()) {
    HeapSnapshot snapshot;
    TakeSnapshot(&snapshot);
    EXPECT_GT(snapshot.mapped, 0u);
    size_t spans = 0;
    ForEachSpan([](const SpanInfo&, void* count) { ++*static_cast<size_t*>(count); }, &spans);
    EXPECT_GT(spans, 0u);
    CheckHeap(false);
    heap.PublishCaches();
    if (random.OneIn(4)) ReleaseMemory(random.Below(8 << 20));
    if (random.OneIn(4)) {
      EXPECT_TRUE(AddNewHook(&CountNew));
      EXPECT_TRUE(AddDeleteHook(&CountDelete));
      std::this_thread::yield();
      EXPECT_TRUE(RemoveNewHook(&CountNew));
      EXPECT_TRUE(RemoveDeleteHook(&CountDelete));
    }
    std::this_thread::yield();
  }
}

TEST(Threads, ShareTheHeap) {
  Exchange exchange;
  std::atomic<bool> done{false};
  door::Give(door::Take(1, Origin::kMalloc), Origin::kMalloc);
  std::thread observer([&done] { LookOn(done); });
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      const uint64_t seed = static_cast<uint64_t>(1 + round * kThreads + i);
      threads.emplace_back([&exchange, seed] { Worker(&exchange, seed).Run(Operations()); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  done = true;
  observer.join();
  Object object;
  while (exchange.Take(&object)) door::Give(object.address, Origin::kMalloc);
  CheckHeap(true);
}

}  // namespace
}  // namespace glassheap
