#include "allocator/heap/thread_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

#include "allocator/heap/heap.h"
#include "tests/support/fake_os_memory.h"
#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;
namespace fake_os = testing::fake_os;

// A heap of the test's own, and what the fast path does, spelt out.
class ThreadCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fake_os::Reset();
    heap_ = std::make_unique<Heap>();
    ASSERT_TRUE(heap_->Init());
    cache_ = heap_->NewThreadCache(1);
    ASSERT_NE(cache_, nullptr);
  }

  void* Take(SizeClass c, ThreadCache* cache) {
    FreeList& list = cache->list(c);
    if (list.length() == 0 && !cache->Refill(c)) return nullptr;
    void* object = *list.top++;
    EXPECT_EQ(*static_cast<FirstWord*>(object), kFreeMark);
    *static_cast<FirstWord*>(object) = 0;
    return object;
  }
  void* Take(SizeClass c) { return Take(c, cache_); }
  void Put(SizeClass c, void* object) {
    FreeList& list = cache_->list(c);
    if (list.top == list.limit && !cache_->MakeRoom(c)) return heap_->GiveUncached(c, object);
    *static_cast<FirstWord*>(object) = kFreeMark;
    *--list.top = object;
  }
  uint64_t Out(SizeClass c) {
    const CentralCache::Counters counters = heap_->central[c].counters();
    return counters.slots - counters.central_objects - counters.transfer_objects;
  }
  void Tick(uint64_t nanoseconds) {
    fake_os::AdvanceClock(nanoseconds);
    cache_->Tick(os::CoarseClock());
  }
  // The lists, and that the centre's sum of what threads say is right once they have said it.
  void Check() {
    cache_->CheckInvariants();
    EXPECT_LE(cache_->cached_bytes(), cache_->capacity_bytes());
    EXPECT_LE(cache_->capacity_bytes(), heap_->thread_budget() + kMaxSmallSize * kClassCount);
  }

  std::unique_ptr<Heap> heap_;
  ThreadCache* cache_ = nullptr;
};

TEST_F(ThreadCacheTest, EveryListIsEmptyAndFullAtFirst) {
  static constinit ThreadCache of_nobody;
  of_nobody.MakeEmpty();
  for (ThreadCache* cache : {cache_, &of_nobody}) {
    for (SizeClass c = 0; c < kClassCount; ++c) {
      EXPECT_EQ(cache->list(c).length(), 0u);
      EXPECT_EQ(cache->list(c).capacity(), 0u);
      EXPECT_EQ(cache->list(c).top, cache->list(c).limit);
      EXPECT_NE(**reinterpret_cast<FirstWord**>(cache->list(c).top), kFreeMark) << "a read of it is harmless";
    }
  }
}

TEST_F(ThreadCacheTest, OnlyGridClassesHaveAnInverse) {
  for (SizeClass c = 0; c < kClassCount; ++c) {
    EXPECT_EQ(cache_->list(c).inverse, c != 0 && IsGridClass(c) ? ClassInfo(c).inverse : 0);
  }
}

TEST_F(ThreadCacheTest, ARefillBringsMarkedObjects) {
  const SizeClass c = ClassOf(64);
  ASSERT_TRUE(cache_->Refill(c));
  EXPECT_GT(cache_->list(c).length(), 0u);
  EXPECT_LE(cache_->list(c).length(), cache_->list(c).capacity());
  EXPECT_EQ(Out(c), cache_->list(c).length());
  EXPECT_TRUE(cache_->Holds(c, *cache_->list(c).top));
  Check();
}

TEST_F(ThreadCacheTest, AnObjectComesBackToTheNextRequest) {
  const SizeClass c = ClassOf(100);
  void* object = Take(c);
  Put(c, object);
  EXPECT_EQ(Take(c), object);
}

TEST_F(ThreadCacheTest, AListThatIsAskedForMoreGrowsToItsLimit) {
  const SizeClass c = ClassOf(64);
  std::vector<void*> objects;
  uint32_t capacity = 0;
  for (int i = 0; i < 20'000; ++i) {
    objects.push_back(Take(c));
    ASSERT_GE(cache_->list(c).capacity(), capacity);
    capacity = cache_->list(c).capacity();
  }
  EXPECT_EQ(capacity, ClassInfo(c).max_cached);
  for (void* object : objects) Put(c, object);
  EXPECT_LE(cache_->list(c).length(), capacity);
  Check();
}

TEST_F(ThreadCacheTest, AConsumersListStaysShort) {
  const SizeClass c = ClassOf(64);
  ThreadCache* producer = heap_->NewThreadCache(2);
  for (int i = 0; i < 50'000; ++i) Put(c, Take(c, producer));
  EXPECT_LE(cache_->list(c).capacity() * ClassSize(c), 64 * kKiB);
  EXPECT_EQ(Out(c), cache_->list(c).length() + producer->list(c).length());
  Check();
}

TEST_F(ThreadCacheTest, AgreesWithAModelOverAllClasses) {
  Random random;
  std::vector<std::pair<SizeClass, void*>> live;
  std::set<void*> model;
  size_t bytes = 0;
  for (int step = 0; step < 100'000 && !HasFailure(); ++step) {
    if (live.empty() || (random.OneIn(2) && bytes < 64 * kMiB)) {
      const SizeClass c = ClassOf(random.Skewed(kMaxSmallSize + 1));
      void* object = Take(c);
      ASSERT_NE(object, nullptr);
      ASSERT_TRUE(model.insert(object).second);
      live.emplace_back(c, object);
      bytes += ClassSize(c);
    } else {
      const size_t index = random.Below(live.size());
      const auto [c, object] = live[index];
      live[index] = live.back();
      live.pop_back();
      model.erase(object);
      bytes -= ClassSize(c);
      Put(c, object);
    }
    if (random.OneIn(2000)) Tick(random.Skewed(2 * ThreadCache::kTrimInterval));
    if (step % 1000 == 0) Check();
  }
  for (const auto& [c, object] : live) Put(c, object);
  cache_->Empty();
  Check();
  for (SizeClass c = 1; c < kClassCount; ++c) {
    EXPECT_EQ(Out(c), 0u) << "class " << c;
    EXPECT_EQ(heap_->central[c].counters().thread_cache_objects, 0) << "class " << c;
  }
  EXPECT_EQ(cache_->cached_bytes(), 0u);
  EXPECT_EQ(cache_->capacity_bytes(), 0u);
}

TEST_F(ThreadCacheTest, StaysWithinItsBudget) {
  std::vector<std::pair<SizeClass, void*>> objects;
  for (SizeClass c = 1; c < kClassCount; ++c) {
    for (int i = 0; i < 300; ++i) objects.emplace_back(c, Take(c));
  }
  for (const auto& [c, object] : objects) Put(c, object);
  Check();
  EXPECT_LE(cache_->capacity_bytes(), heap_->thread_budget() + 8 * kMiB);
}

TEST_F(ThreadCacheTest, MoreThreadsShareTheBudget) {
  const uint64_t alone = heap_->thread_budget();
  std::vector<ThreadCache*> others;
  for (uint32_t i = 0; i < 100; ++i) others.push_back(heap_->NewThreadCache(2 + i));
  EXPECT_LT(heap_->thread_budget(), alone);
  EXPECT_EQ(heap_->cache_count(), 101u);
  for (ThreadCache* other : others) heap_->DeleteThreadCache(other, 10);
  EXPECT_EQ(heap_->thread_budget(), alone);
  EXPECT_EQ(heap_->page_heap.counters().ended_threads, 100u);
  EXPECT_EQ(heap_->page_heap.counters().ended_allocated_bytes, 1000u);
}

TEST_F(ThreadCacheTest, AListThatIsNotUsedShrinks) {
  const SizeClass c = ClassOf(64), other = ClassOf(16);
  std::vector<void*> objects;
  for (int i = 0; i < 2000; ++i) objects.push_back(Take(c));
  for (void* object : objects) Put(c, object);
  Tick(1);
  const uint32_t capacity = cache_->list(c).capacity();
  for (int i = 0; i < 4; ++i) {
    Put(other, Take(other));
    Tick(ThreadCache::kTrimInterval / 2);
  }
  EXPECT_LE(cache_->list(c).capacity(), capacity / 2);
  Check();
}

TEST_F(ThreadCacheTest, AfterAPauseEverythingGoes) {
  const SizeClass c = ClassOf(64);
  Put(c, Take(c));
  Tick(1);
  Tick(ThreadCache::kTrimInterval + 1);
  EXPECT_EQ(cache_->cached_bytes(), 0u);
  Check();
}

TEST_F(ThreadCacheTest, AnOrphansMarksAreWrittenAgain) {
  const SizeClass c = ClassOf(64);
  ASSERT_TRUE(cache_->Refill(c));
  *static_cast<FirstWord*>(*cache_->list(c).top) = 0;  // its thread was about to take it
  cache_->AdoptOrphan();
  EXPECT_EQ(Out(c), 0u);
  void* objects[8];
  const CentralCache::Taken taken = heap_->central[c].Take(objects, 8, 0, false);
  ASSERT_GT(taken.count, taken.from_spans);
  for (uint32_t i = 0; i < taken.count - taken.from_spans; ++i)
    EXPECT_EQ(*static_cast<FirstWord*>(objects[i]), kFreeMark);
}

TEST_F(ThreadCacheTest, WithoutMemoryARefillFailsAndLeavesTheCacheWhole) {
  fake_os::RefuseCallsFrom(0);
  for (SizeClass c = 1; c < kClassCount; ++c) {
    while (Take(c) != nullptr) {
    }
  }
  Check();
  fake_os::RefuseNothing();
  EXPECT_NE(Take(ClassOf(64)), nullptr);
}

class LargeCacheTest : public ThreadCacheTest {
 protected:
  void SetUp() override {
    ThreadCacheTest::SetUp();
    heap_->AttachStats(0);  // without a row a thread keeps no large spans
  }
  Span* NewLarge(size_t pages) {
    LockHolder hold(heap_->page_heap.lock());
    return heap_->page_heap.AllocateLarge(Length(pages));
  }
};

TEST_F(LargeCacheTest, KeepsAFreedSpanForTheNextRequestOfAboutItsSize) {
  Span* span = NewLarge(64);
  ASSERT_TRUE(cache_->PutLarge(span));
  EXPECT_TRUE(span->cached);
  EXPECT_EQ(cache_->large_cached_bytes(), Length(64).bytes());
  EXPECT_EQ(heap_->stats.thread(cache_->row)->large_cached_bytes, Length(64).bytes());
  EXPECT_EQ(cache_->TakeLarge(Length(65), 0), nullptr);
  EXPECT_EQ(cache_->TakeLarge(Length(50), 0), nullptr) << "more than an eighth would be lost";
  EXPECT_EQ(cache_->TakeLarge(Length(60), 0), span);
  EXPECT_FALSE(span->cached);
  EXPECT_FALSE(span->zeroed) << "the program wrote to it";
  EXPECT_EQ(cache_->large_cached_bytes(), 0u);
}

TEST_F(LargeCacheTest, TheOldestGoWhenThePlacesOrTheBudgetAreFull) {
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(cache_->PutLarge(NewLarge(40)));
  EXPECT_LE(cache_->large_cached_objects(), 8u);
  EXPECT_EQ(heap_->page_heap.counters().large_objects, cache_->large_cached_objects());
  while (cache_->large_cached_objects() < 8 && cache_->PutLarge(NewLarge(200))) {
  }
  EXPECT_LE(cache_->large_cached_bytes(), heap_->thread_budget());
}

TEST_F(LargeCacheTest, SpansOfMoreThanHalfTheBudgetAreNotKept) {
  EXPECT_FALSE(cache_->PutLarge(NewLarge(heap_->thread_budget() / kPageSize)));
}

TEST_F(LargeCacheTest, GoesWhenTheThreadDoes) {
  ASSERT_TRUE(cache_->PutLarge(NewLarge(64)));
  heap_->DeleteThreadCache(cache_, 0);
  EXPECT_EQ(heap_->page_heap.counters().large_objects, 0u);
}

}  // namespace
}  // namespace glassheap
