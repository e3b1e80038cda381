// Random requests to a page heap over the fake kernel, against a model: which pages are whose, and what was written.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "allocator/heap/page_heap.h"
#include "tests/support/random.h"
#include "tests/support/rooms.h"

namespace glassheap {
namespace {

using testing::Random;
using testing::RoomsTest;
namespace fake_os = testing::fake_os;

constexpr size_t kMaxLivePages = 24 * kKiB;  // 192 MiB

class PageHeapRandomTest : public RoomsTest {
 protected:
  struct Object {
    Span* span;
    uint64_t pattern;
  };

  void TearDown() override {
    while (!objects_.empty()) Free(0);
    Check();
    EXPECT_EQ(page_heap().counters().spans, 0u);
    EXPECT_EQ(page_heap().counters().large_bytes, 0u);
  }

  static uint64_t* Words(char* page) { return reinterpret_cast<uint64_t*>(page); }

  // Writes to the first word of some pages, and remembers which: the pattern and the page's number.
  void Write(const Object& object) {
    for (size_t page = 0; page < object.span->page_count; page += 1 + page / 4) {
      Words(AddressOf(object.span) + page * kPageSize)[0] = object.pattern + page;
      Words(AddressOf(object.span) + page * kPageSize)[kPageSize / 8 - 1] = ~object.pattern;
    }
  }
  void CheckWritten(const Object& object, size_t pages) {
    for (size_t page = 0; page < pages; page += 1 + page / 4) {
      ASSERT_EQ(Words(AddressOf(object.span) + page * kPageSize)[0], object.pattern + page);
    }
  }

  // The length of the span a request of n pages must be cut from; 0: the heap must grow. apart: rather than use a span
  // without memory.
  size_t BestFit(size_t n, bool apart) {
    size_t with_memory = SIZE_MAX, without = SIZE_MAX;
    page_heap().ForEachSpan([&](const Span* span) {
      if (span->state != SpanState::kFree || span->page_count < n) return;
      size_t& best = span->resident_pages > 0 ? with_memory : without;
      best = std::min<size_t>(best, span->page_count);
    });
    if (with_memory != SIZE_MAX) return with_memory;
    return without != SIZE_MAX && !apart ? without : 0;
  }

  // The length of the free span that holds the page now.
  size_t FreeLengthAround(PageId page) {
    size_t length = 0;
    page_heap().ForEachSpan([&](const Span* span) {
      if (span->state == SpanState::kFree && span->first() <= page && page < span->end()) length = span->page_count;
    });
    return length;
  }

  void Allocate(size_t pages, size_t align) {
    std::map<PageId, size_t> free_before;
    const bool may_stand_apart = apart_left_ > 0 && align == 1 && pages > 16 && pages <= 128;
    const size_t best = BestFit(pages + align - 1, may_stand_apart);
    const size_t limit = this->pages().limit();
    page_heap().ForEachSpan([&](const Span* span) {
      if (span->state == SpanState::kFree) free_before[span->first()] = span->page_count;
    });
    Span* span;
    {
      LockHolder hold(page_heap().lock());
      span = page_heap().AllocateLarge(Length(pages), Length(align));
    }
    ASSERT_NE(span, nullptr);
    ASSERT_EQ(span->page_count, pages);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(AddressOf(span)) % Length(align).bytes(), 0u);
    if (best != 0) {
      auto from = std::prev(free_before.upper_bound(span->first()));
      ASSERT_EQ(from->second, best) << "not the best fit for " << pages << " pages";
    } else if (may_stand_apart) {
      ASSERT_GT(span->first().index(), limit) << "no gap before it";
      ASSERT_EQ(this->pages().At(span->first() - Length(1)), nullptr);
      --apart_left_;
    }
    if (last_apart_ != nullptr && this->pages().limit() > limit) {
      ASSERT_EQ(this->pages().At(last_apart_end_), nullptr) << "no gap behind the last that stands apart";
    }
    last_apart_ = best == 0 && may_stand_apart ? span : this->pages().limit() > limit ? nullptr : last_apart_;
    if (last_apart_ == span) last_apart_end_ = span->end();
    CheckZeroClaim(span);
    objects_.push_back({span, random_.Next()});
    Write(objects_.back());
    live_pages_ += pages;
  }

  // A span that is said to be zero is: every page's first, last and two other words.
  void CheckZeroClaim(Span* span) {
    if (!span->zeroed) return;
    for (size_t page = 0; page < span->page_count; page += 1 + page / 8) {
      const uint64_t* words = Words(AddressOf(span) + page * kPageSize);
      ASSERT_EQ(words[0] | words[1] | words[kPageSize / 16] | words[kPageSize / 8 - 1], 0u) << "page " << page;
    }
  }

  void Free(size_t index) {
    const Object object = objects_[index];
    objects_[index] = objects_.back();
    objects_.pop_back();
    CheckWritten(object, object.span->page_count);
    live_pages_ -= object.span->page_count;
    LockHolder hold(page_heap().lock());
    page_heap().Free(object.span);
  }

  void Resize(size_t index, size_t pages) {
    const Object& object = objects_[index];
    last_apart_ = nullptr;  // growing in place takes the gap
    const size_t before = object.span->page_count;
    bool resized;
    {
      LockHolder hold(page_heap().lock());
      resized = page_heap().Resize(object.span, Length(pages));
    }
    ASSERT_EQ(object.span->page_count, resized ? pages : before);
    CheckWritten(object, std::min<size_t>(before, object.span->page_count));
    if (!resized) return;
    live_pages_ += pages;
    live_pages_ -= before;
    Write(object);
  }

  void Release(size_t bytes) {
    LockHolder hold(page_heap().lock());
    const uint64_t resident = page_heap().counters().free_resident;
    const uint64_t refused = fake_os::refused();
    const size_t released = page_heap().Release(bytes);
    ASSERT_EQ(page_heap().counters().free_resident, resident - released);
    ASSERT_TRUE(released >= std::min<uint64_t>(bytes, resident) || fake_os::refused() > refused);
  }

  // The heap's own check, and the model's: no two objects share a page, and the counters are theirs.
  void Check() {
    {
      LockHolder hold(page_heap().lock());
      page_heap().CheckInvariants();
    }
    std::map<PageId, PageId> extents;
    for (const Object& object : objects_) {
      ASSERT_TRUE(extents.emplace(object.span->first(), object.span->end()).second);
    }
    PageId end(0);
    for (const auto& [first, last] : extents) {
      ASSERT_LE(end, first);
      end = last;
    }
    const PageHeap::Counters& counters = page_heap().counters();
    ASSERT_EQ(counters.large_bytes, Length(live_pages_).bytes());
    ASSERT_EQ(counters.large_objects, objects_.size());
    ASSERT_EQ(page_heap().metadata_mapped(), page_heap().metadata_in_use() + arena().slack());
    ASSERT_EQ(page_heap().metadata_mapped() + counters.heap_mapped, fake_os::mapped_bytes());
  }

  void Step() {
    const size_t dice = random_.Below(100);
    if (objects_.empty() || (dice < 45 && live_pages_ < kMaxLivePages)) {
      const size_t pages = 1 + random_.Skewed(random_.OneIn(20) ? 4000 : 300);
      Allocate(pages, random_.OneIn(8) ? size_t{1} << random_.Below(9) : 1);
    } else if (dice < 85) {
      Free(random_.Below(objects_.size()));
    } else if (dice < 95) {
      const size_t index = random_.Below(objects_.size());
      Resize(index, 1 + random_.Skewed(2 * objects_[index].span->page_count));
    } else if (dice < 97) {
      Release(random_.Skewed(32 * kMiB));
    } else {
      fake_os::AdvanceClock(random_.Skewed(2 * PageHeap::kEpoch));
    }
  }

  Random random_{2};
  std::vector<Object> objects_;
  size_t live_pages_ = 0;
  size_t apart_left_ = 0;
  const Span* last_apart_ = nullptr;  // and the heap has not grown since
  PageId last_apart_end_{0};
};

TEST_F(PageHeapRandomTest, AgreesWithTheModel) {
  for (int step = 0; step < 20'000 && !HasFatalFailure(); ++step) {
    Step();
    if (step % 128 == 0) Check();
  }
}

TEST_F(PageHeapRandomTest, AgreesWithTheModelWhileSomeStandApart) {
  apart_left_ = 500;
  page_heap().LetStandApart(500);
  for (int step = 0; step < 20'000 && !HasFatalFailure(); ++step) {
    Step();
    if (step % 128 == 0) Check();
  }
  EXPECT_LT(apart_left_, 450u);
}

// The same while other mappings lie in the way of growth.
TEST_F(PageHeapRandomTest, StepsOverWhatLiesInTheWay) {
  const uintptr_t base = pages().heap_base();
  for (size_t i = 1; i < 12; ++i) fake_os::Occupy(base + i * 24 * kMiB, (1 + i) * kMiB);
  for (int step = 0; step < 10'000 && !HasFatalFailure(); ++step) {
    Step();
    if (step % 128 == 0) Check();
  }
}

// Refuses single calls: whatever fails leaves a heap that is whole, and says so by nullptr or false.
TEST_F(PageHeapRandomTest, SurvivesAnyRefusedCall) {
  for (uint64_t refused = 0; refused < 60; ++refused) {
    fake_os::RefuseCall(refused);
    for (int step = 0; step < 40 && !HasFatalFailure(); ++step) {
      LockHolder hold(page_heap().lock());
      const size_t pages = 1 + random_.Skewed(3000);
      if (Span* span = page_heap().AllocateLarge(Length(pages), Length(size_t{1} << random_.Below(8)))) {
        live_pages_ += span->page_count;
        objects_.push_back({span, random_.Next()});
        CheckZeroClaim(span);
        Write(objects_.back());
      }
    }
    while (objects_.size() > 20) Free(random_.Below(objects_.size()));
    Release(SIZE_MAX / 2 + random_.Below(2));
    Check();
  }
  fake_os::RefuseNothing();
}

}  // namespace
}  // namespace glassheap
