#include "tools/read/span_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::BytesOf;
using glassheap::testing::MakeFakeHeap;

// The structures of a small heap, as they would lie in the memory of a process: this one.
struct FakeSpan {
  uint64_t free_bits;
  uint32_t first_page;
  uint32_t page_count;
  uint16_t capacity;
  uint16_t fresh;
  uint16_t first_object;
  uint8_t size_class;
  uint8_t state;
  uint8_t cached;
  uint8_t rest[7];
};

struct FakeList {
  uint64_t top;
  uint64_t end;
};

struct FakeCentral {
  uint64_t objects;
  uint64_t transfer;
};

uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

class SpanTableTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kPages = 16;

  void SetUp() override {
    // Pages 2 and 3: small. 4 to 8: large, in a cache. 9: free. The rest: nothing, or stale.
    spans_[0] = {Address(bits_), 2, 2, 70, 66, 8, 1, 1, 0, {}};
    spans_[1] = {0, 4, 5, 0, 0, 0, 0, 2, 1, {}};
    spans_[2] = {0, 9, 1, 0, 0, 0, 0, 0, 0, {}};
    entries_[2] = entries_[3] = Address(&spans_[0]);
    entries_[4] = entries_[8] = Address(&spans_[1]);
    entries_[6] = Address(&spans_[2]);  // stale, inside of the large one
    entries_[9] = Address(&spans_[2]);
    entries_[12] = Address(&spans_[1]);  // stale
    bits_[0] = 0xf0;
    bits_[1] = 1;
    resident_ = 0b111'1111'1100;
    lists_[1] = {Address(list_), Address(list_ + 3)};
    centrals_[1] = {2, Address(transfer_)};

    abi::LayoutRow& layout = region_->layout;
    layout.page_map_limit = Address(&limit_);
    layout.page_map_spans = Address(entries_);
    layout.page_map_resident = Address(&resident_);
    layout.span_size = sizeof(FakeSpan);
    layout.span_first_page = offsetof(FakeSpan, first_page);
    layout.span_page_count = offsetof(FakeSpan, page_count);
    layout.span_free_bits = offsetof(FakeSpan, free_bits);
    layout.span_capacity = offsetof(FakeSpan, capacity);
    layout.span_fresh = offsetof(FakeSpan, fresh);
    layout.span_first_object = offsetof(FakeSpan, first_object);
    layout.span_size_class = offsetof(FakeSpan, size_class);
    layout.span_state = offsetof(FakeSpan, state);
    layout.span_cached = offsetof(FakeSpan, cached);
    layout.central_address = Address(centrals_);
    layout.central_stride = sizeof(FakeCentral);
    layout.central_transfer = offsetof(FakeCentral, transfer);
    layout.central_transfer_objects = offsetof(FakeCentral, objects);
    region_->header.heap_base = uint64_t{1} << 40;
    region_->header.thread_cache = {0, sizeof(FakeList), offsetof(FakeList, top), offsetof(FakeList, end)};
    region_->threads[0].cache_address = Address(lists_);
  }

  std::optional<SpanTable> Read() { return ReadSpanTable(::getpid(), *RegionImage::Parse(BytesOf(*region_))); }

  uint64_t limit_ = kPages;
  uint64_t entries_[kPages] = {};
  FakeSpan spans_[3] = {};
  uint64_t bits_[2] = {};
  uint64_t resident_ = 0;
  uint64_t list_[3] = {0x3000, 0x1000, 0x2000};
  uint64_t transfer_[2] = {0x4000, 0x1000};  // the second is in a thread's list too
  FakeList lists_[3] = {};
  FakeCentral centrals_[3] = {};
  std::unique_ptr<abi::RegionLayout> region_ = MakeFakeHeap(::getpid());
};

TEST_F(SpanTableTest, SpansAreFoundFromTheirFirstPages) {
  const std::optional<SpanTable> table = Read();
  ASSERT_TRUE(table);
  EXPECT_EQ(table->pages, kPages);
  ASSERT_EQ(table->spans.size(), 3u);
  EXPECT_EQ(table->spans[0].use, SpanUse::kSmall);
  EXPECT_EQ(table->spans[0].first_page, 2u);
  EXPECT_EQ(table->spans[0].capacity, 70);
  EXPECT_EQ(table->spans[0].fresh, 66);
  EXPECT_EQ(table->spans[0].first_object, 8);
  EXPECT_EQ(table->bits, (std::vector<uint64_t>{0xf0, 1}));
  EXPECT_EQ(table->spans[1].use, SpanUse::kLarge);
  EXPECT_TRUE(table->spans[1].cached);
  EXPECT_EQ(table->spans[1].page_count, 5u);
  EXPECT_EQ(table->spans[2].use, SpanUse::kFree);
  EXPECT_TRUE(table->MayBeResident(2));
  EXPECT_FALSE(table->MayBeResident(11));
  EXPECT_FALSE(table->MayBeResident(1000));
}

TEST_F(SpanTableTest, CachedObjectsAreSortedAndInOneListOnly) {
  const std::optional<SpanTable> table = Read();
  ASSERT_TRUE(table);
  EXPECT_EQ(table->thread_cached, (std::vector<uint64_t>{0x1000, 0x2000, 0x3000}));
  EXPECT_EQ(table->transfer_cached, (std::vector<uint64_t>{0x4000}));
}

TEST_F(SpanTableTest, PointersToNowhereAreLeftOut) {
  entries_[2] = 4096;
  spans_[1].page_count = UINT32_MAX;
  lists_[1] = {4096, 4096 + 80};
  centrals_[1] = {UINT64_MAX, 4096};
  const std::optional<SpanTable> table = Read();
  ASSERT_TRUE(table);
  ASSERT_EQ(table->spans.size(), 1u);
  EXPECT_EQ(table->spans[0].first_page, 9u);
  EXPECT_TRUE(table->thread_cached.empty());
}

TEST_F(SpanTableTest, FreshSlotsAreNoMoreThanThereAre) {
  spans_[0].fresh = 65535;
  EXPECT_EQ(Read()->spans[0].fresh, 70);
}

TEST_F(SpanTableTest, AnAbsurdLayoutIsNotFollowed) {
  const abi::LayoutRow good = region_->layout;
  for (uint64_t abi::LayoutRow::*field :
       {&abi::LayoutRow::span_size, &abi::LayoutRow::span_first_page, &abi::LayoutRow::span_free_bits,
        &abi::LayoutRow::span_state, &abi::LayoutRow::central_stride, &abi::LayoutRow::central_transfer}) {
    for (const uint64_t value : {UINT64_MAX, UINT64_MAX - 7, uint64_t{1} << 32}) {
      region_->layout = good;
      region_->layout.*field = value;
      EXPECT_FALSE(Read());
    }
  }
  region_->layout = {};
  EXPECT_FALSE(Read());
  region_->layout = good;
  limit_ = uint64_t{1} << 60;
  EXPECT_FALSE(Read());
}

TEST_F(SpanTableTest, AProcessThatIsNotThere) {
  EXPECT_FALSE(ReadSpanTable(0x3fffffff, *RegionImage::Parse(BytesOf(*region_))));
}

}  // namespace
}  // namespace glassheap::tools
