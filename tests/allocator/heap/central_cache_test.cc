#include "allocator/heap/central_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

#include "allocator/heap/thread_cache.h"
#include "tests/support/random.h"
#include "tests/support/rooms.h"

namespace glassheap {
namespace {

using testing::Random;
using testing::RoomsTest;
namespace fake_os = testing::fake_os;

class CentralCacheTest : public RoomsTest {
 protected:
  // A centre that serves the class of `size`.
  void Serve(size_t size) {
    class_ = ClassOf(size);
    owned_ = std::make_unique<CentralCache>();
    owned_->Init(class_, ThreadCache::ListOffset(class_), &page_heap(), &pages(), &rooms_->stats);
  }
  CentralCache& central() { return *owned_; }

  std::vector<void*> Take(uint32_t n) {
    std::vector<void*> objects(n);
    objects.resize(central().Take(objects.data(), n, 0, false).count);
    return objects;
  }
  static void Mark(void* const* objects, size_t n) {
    for (size_t i = 0; i < n; ++i) *static_cast<FirstWord*>(objects[i]) = kFreeMark;
  }
  void Give(std::vector<void*> objects) {
    Mark(objects.data(), objects.size());
    central().Give(objects.data(), static_cast<uint32_t>(objects.size()), 0, false);
  }
  void Check() {
    {
      LockHolder hold(central().lock());
      central().CheckInvariants();
    }
    LockHolder hold(page_heap().lock());
    page_heap().CheckInvariants();
  }
  // A live object's contents, in each of its system pages: memory that is given back to the kernel loses them.
  void Write(void* object) {
    char* bytes = static_cast<char*>(object);
    for (size_t i = 0; i < ClassSize(class_); i += 1024) bytes[i] = static_cast<char>(1 + i % 101);
    bytes[ClassSize(class_) - 1] = 77;
  }
  void CheckWritten(void* object) {
    const char* bytes = static_cast<const char*>(object);
    ASSERT_EQ(bytes[ClassSize(class_) - 1], 77);
    for (size_t i = 0; i < ClassSize(class_); i += 1024) ASSERT_EQ(bytes[i], static_cast<char>(1 + i % 101));
  }
  uint64_t Out() {
    const CentralCache::Counters counters = central().counters();
    return counters.slots - counters.central_objects - counters.transfer_objects;
  }

  std::unique_ptr<CentralCache> owned_;
  SizeClass class_ = 0;
};

TEST_F(CentralCacheTest, GivesObjectsOfItsSizeWhereTheyMayLie) {
  for (const size_t size : {8u, 48u, 1024u, 1152u, 40960u}) {
    Restart();
    Serve(size);
    uintptr_t end = 0;
    for (void* object : Take(50)) {
      const uintptr_t address = reinterpret_cast<uintptr_t>(object);
      EXPECT_EQ(address % (IsGridClass(class_) ? ClassSize(class_) : 16), 0u);
      const Span* span = pages().FindSpan(address);
      ASSERT_NE(span, nullptr);
      EXPECT_EQ(span->size_class, class_);
      EXPECT_EQ(pages().FindSpan(address + ClassSize(class_) - 1), span);
      EXPECT_GE(address, end) << "fresh slots come in ascending order";
      end = address + ClassSize(class_);
    }
    Check();
  }
}

TEST_F(CentralCacheTest, APageLeadsToTheListOnceAnObjectInItIsOut) {
  for (const size_t size : {8u, 48u, 1024u, 1152u, 12'288u, 40'960u}) {
    Restart();
    Serve(size);
    const Span* span = nullptr;
    do {
      const auto last = reinterpret_cast<uintptr_t>(Take(1).at(0));
      span = pages().FindSpan(last);
      const PageId last_open = pages().PageOf(last + ClassSize(class_) - 1);
      for (PageId page = span->first(); page < span->end(); page = page + Length(1)) {
        const uint32_t entry = pages().Entry(page);
        const bool open = !(last_open < page);
        ASSERT_EQ(PageMap::ListOffset(entry), open ? ThreadCache::ListOffset(class_) : 0) << size;
        ASSERT_EQ(PageMap::PageInSpan(entry), open ? page.index() - span->first_page : 0) << size;
      }
      Check();
    } while (span->allocated < span->capacity);
  }
}

TEST_F(CentralCacheTest, CountsWhatIsWhere) {
  Serve(64);
  const std::vector<void*> objects = Take(100);
  CentralCache::Counters counters = central().counters();
  EXPECT_EQ(counters.spans, 1u);
  EXPECT_EQ(counters.slots, 512u);
  EXPECT_EQ(counters.central_objects, 412u);
  EXPECT_EQ(counters.refills, 1u);
  Give(objects);
  counters = central().counters();
  EXPECT_EQ(counters.transfer_objects, 100u);
  EXPECT_EQ(counters.flushes, 1u);
  central().DrainTransferCache();
  counters = central().counters();
  EXPECT_EQ(counters.slots, 0u) << "the span went back to the page heap";
  EXPECT_EQ(counters.spans, 0u);
  EXPECT_EQ(page_heap().counters().small_span_bytes, 0u);
}

TEST_F(CentralCacheTest, AddsUpWhatThreadsSayTheyHold) {
  Serve(64);
  void* objects[10];
  central().Take(objects, 10, 0, true);
  EXPECT_EQ(central().counters().thread_cache_objects, 10);
  Mark(objects, 10);
  central().Give(objects, 4, -3, true);
  EXPECT_EQ(central().counters().thread_cache_objects, 3);
  central().Give(objects + 4, 6, 0, false);
  EXPECT_EQ(central().counters().thread_cache_objects, 3);
}

TEST_F(CentralCacheTest, TheTransferCacheGivesBackTheNewestFirst) {
  Serve(64);
  const std::vector<void*> objects = Take(20);
  Give(objects);
  void* again[5];
  const CentralCache::Taken taken = central().Take(again, 5, 0, false);
  EXPECT_EQ(taken.count, 5u);
  EXPECT_EQ(taken.from_spans, 0u);
  EXPECT_EQ(std::vector<void*>(again, again + 5), std::vector<void*>(objects.end() - 5, objects.end()));
}

TEST_F(CentralCacheTest, SaysWhichObjectsComeFromSpans) {
  Serve(64);
  Give(Take(3));
  void* objects[8];
  const CentralCache::Taken taken = central().Take(objects, 8, 0, false);
  EXPECT_EQ(taken.count, 8u);
  EXPECT_EQ(taken.from_spans, 5u);
}

TEST_F(CentralCacheTest, AgreesWithAModelForEveryClass) {
  Random random;
  for (SizeClass c = 1; c < kClassCount && !HasFatalFailure(); c += 1 + random.Below(3)) {
    Restart();
    Serve(ClassSize(c));
    std::vector<void*> out;
    std::set<void*> model;
    const size_t most = 1 + std::min<size_t>(4000, 8 * kMiB / ClassSize(c));
    for (int step = 0; step < 200 && !HasFatalFailure(); ++step) {
      const uint32_t n = 1 + static_cast<uint32_t>(random.Skewed(ClassInfo(c).batch));
      if (random.OneIn(2) && out.size() < most) {
        for (void* object : Take(n)) {
          ASSERT_TRUE(model.insert(object).second) << "handed out twice";
          Write(object);
          out.push_back(object);
        }
      } else {
        std::vector<void*> back;
        for (uint32_t i = 0; i < n && !out.empty(); ++i) {
          const size_t index = random.Below(out.size());
          CheckWritten(out[index]);
          back.push_back(out[index]);
          model.erase(out[index]);
          out[index] = out.back();
          out.pop_back();
        }
        if (!back.empty()) Give(back);
      }
      ASSERT_EQ(Out(), out.size());
      if (random.OneIn(20)) central().DrainTransferCache();
      if (random.OneIn(20)) central().TrimTransferCache();
      if (random.OneIn(20)) central().ReleaseEmptyPages(random.OneIn(2));
      if (step % 16 == 0) Check();
    }
    for (void* object : out) ASSERT_FALSE(central().HoldsFree(object));
    for (void* object : out) Give({object});
    central().DrainTransferCache();
    Check();
    ASSERT_EQ(central().counters().spans, 0u) << "class " << c;
    ASSERT_EQ(page_heap().counters().small_span_bytes, 0u);
  }
}

TEST_F(CentralCacheTest, TrimsWhatLayIdleInTheTransferCache) {
  Serve(64);
  Give(Take(50));
  central().TrimTransferCache();
  EXPECT_EQ(central().counters().transfer_objects, 50u) << "it was empty a moment ago";
  const std::vector<void*> objects = Take(20);  // 30 lay idle
  central().TrimTransferCache();
  EXPECT_EQ(central().counters().transfer_objects, 0u);
  EXPECT_EQ(Out(), 20u);
  Give(objects);
  EXPECT_TRUE(central().holds_transfer());
  Check();
}

TEST_F(CentralCacheTest, GivesBackSystemPagesWithoutLiveObjects) {
  Serve(64);
  std::vector<void*> objects = Take(512);  // a whole span: 8 system pages
  for (void* object : objects) Write(object);
  std::vector<void*> kept(objects.begin(), objects.begin() + 10);  // all in the first page
  Give(std::vector<void*>(objects.begin() + 10, objects.end()));
  central().DrainTransferCache();
  EXPECT_EQ(central().ReleaseEmptyPages(true), 7 * kSystemPageSize);
  EXPECT_EQ(central().ReleaseEmptyPages(true), 0u) << "they are gone already";
  EXPECT_EQ(fake_os::discarded_bytes(), 7 * kSystemPageSize);
  for (void* object : kept) CheckWritten(object);
  objects = Take(502);
  for (void* object : objects) Write(object);
  Give(objects);
  central().DrainTransferCache();
  EXPECT_EQ(central().ReleaseEmptyPages(true), 7 * kSystemPageSize);
}

TEST_F(CentralCacheTest, KnowsItsFreeObjects) {
  Serve(64);
  const std::vector<void*> objects = Take(3);
  EXPECT_FALSE(central().HoldsFree(objects[1]));
  EXPECT_TRUE(central().HoldsFree(static_cast<char*>(objects[2]) + 64)) << "never handed out";
  Give({objects[1]});
  EXPECT_TRUE(central().HoldsFree(objects[1])) << "in the transfer cache";
  central().DrainTransferCache();
  EXPECT_TRUE(central().HoldsFree(objects[1])) << "in its span";
  EXPECT_FALSE(central().HoldsFree(objects[0]));
}

bool IsNotWritten(const void* object) { return static_cast<const char*>(object)[8] != 'w'; }

TEST_F(CentralCacheTest, FindsAFreeObjectThatWasWrittenTo) {
  Serve(64);
  const std::vector<void*> objects = Take(100);
  size_t bytes = 6400;
  static_cast<char*>(objects[50])[8] = 'w';
  EXPECT_EQ(central().FindFree(&IsNotWritten, &bytes), nullptr) << "it is not free";
  EXPECT_EQ(bytes, 6400u);
  Give(std::vector<void*>(objects.begin() + 1, objects.end()));  // the first keeps the span
  EXPECT_EQ(central().FindFree(&IsNotWritten, &bytes), objects[50]) << "in the transfer cache";
  central().DrainTransferCache();
  bytes = 6400;
  EXPECT_EQ(central().FindFree(&IsNotWritten, &bytes), objects[50]) << "in its span";
  bytes = 64;
  EXPECT_EQ(central().FindFree(&IsNotWritten, &bytes), nullptr) << "no further than it may";
}

TEST_F(CentralCacheTest, KnowsWhatWasNeverHandedOut) {
  Serve(64);
  const std::vector<void*> objects = Take(3);
  Give({objects[1]});
  EXPECT_FALSE(central().IsFresh(objects[1]));
  EXPECT_TRUE(central().IsFresh(static_cast<char*>(objects[2]) + 64));
}

TEST_F(CentralCacheTest, SaysWhatItsSlotsBeginWith) {
  Serve(64);
  void* objects[8];
  EXPECT_TRUE(central().Take(objects, 8, 0, false).known) << "never used memory";
  for (void* object : objects) {
    EXPECT_TRUE(MarkFree(object));
    EXPECT_TRUE(MarkFree(object)) << "has it already";
    *static_cast<FirstWord*>(object) = 0x41;
    EXPECT_FALSE(MarkFree(object));
  }
}

TEST_F(CentralCacheTest, AnObjectThatIsFreeAlreadyIsADoubleFree) {
  Serve(64);
  const std::vector<void*> objects = Take(3);
  Give({objects[1]});
  central().DrainTransferCache();
  Give({objects[1]});
  EXPECT_DEATH(central().DrainTransferCache(), "glassheap: double free: 0x.*size class 64");
}

TEST_F(CentralCacheTest, AnObjectThatWasNeverHandedOutIsADoubleFree) {
  Serve(64);
  Give({static_cast<char*>(Take(1)[0]) + 64});
  EXPECT_DEATH(central().DrainTransferCache(), "glassheap: double free: 0x");
}

TEST_F(CentralCacheTest, GivesWhatItHasWhenMemoryRunsOut) {
  Serve(kMaxSmallSize);
  fake_os::RefuseCallsFrom(0);
  EXPECT_TRUE(Take(4).empty());
  fake_os::RefuseNothing();
  const std::vector<void*> objects = Take(1);
  ASSERT_EQ(objects.size(), 1u);
  Check();
  Give(objects);
  central().DrainTransferCache();
  EXPECT_EQ(page_heap().counters().small_span_bytes, 0u);
}

TEST_F(CentralCacheTest, WithoutMetadataItGoesOnWithoutATransferCache) {
  Serve(8);
  const std::vector<void*> objects = Take(4096);
  fake_os::RefuseCallsFrom(0);
  {
    LockHolder hold(page_heap().lock());
    for (size_t size = MetadataArena::kMaxBlock; size >= MetadataArena::kMinBlock; size /= 2) {
      while (page_heap().AllocateMetadata(size) != nullptr) {
      }
    }
  }
  Give({objects[0], objects[1]});
  EXPECT_EQ(central().counters().transfer_objects, 0u);
  Check();
}

}  // namespace
}  // namespace glassheap
