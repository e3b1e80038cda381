#include "tools/model/heap_pages.h"

#include <gtest/gtest.h>

#include "tools/model/fragmentation.h"
#include "tools/model/heap_map.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kBase = uint64_t{1} << 40;
constexpr uint64_t kPage = 8192;    // of the heap
constexpr uint64_t kSystem = 4096;  // of the machine

// A heap of four spans: small (2 pages, class 1 of 1000 bytes: 16 slots from byte 100, 284 bytes of tail), large (3 pages),
// free (3 pages, the last of them given back), metadata (1 page).
class HeapPagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    table_.heap_base = kBase;
    table_.page_size = kPage;
    table_.pages = 9;
    SpanRecord small;
    small.page_count = 2;
    small.capacity = 16;
    small.fresh = 12;
    small.first_object = 100;
    small.size_class = 1;
    small.use = SpanUse::kSmall;
    SpanRecord large;
    large.first_page = 2;
    large.page_count = 3;
    large.use = SpanUse::kLarge;
    SpanRecord free;
    free.first_page = 5;
    free.page_count = 3;
    SpanRecord metadata;
    metadata.first_page = 8;
    metadata.page_count = 1;
    metadata.use = SpanUse::kMetadata;
    table_.spans = {small, large, free, metadata};
    table_.bits = {0b0000'0000'1100};  // slots 2 and 3, and 12 to 15 never were
    table_.resident = {0b1'0111'1111};
    Present(kBase, kBase + 9 * kPage);
  }

  void Present(uint64_t from, uint64_t to, uint8_t flags = kPagePresent) { scan_.runs.push_back({from, to, flags}); }
  uint64_t Slot(uint64_t slot) const { return kBase + 100 + slot * 1000; }

  HeapAmounts Total() {
    const PageIndex pages(scan_);
    return HeapPages(table_, pages, sizes_).Total();
  }

  static PageAmounts Sum(const HeapAmounts& in) {
    PageAmounts sum = in.live;
    for (const PageAmounts* part :
         {&in.thread_cache, &in.transfer_cache, &in.central, &in.tail, &in.free, &in.released, &in.metadata}) {
      sum += *part;
    }
    return sum;
  }

  SpanTable table_;
  PageScan scan_;
  std::vector<uint64_t> sizes_ = {0, 1000};
};

TEST_F(HeapPagesTest, EveryByteBelongsToOneTier) {
  table_.thread_cached = {Slot(0), Slot(1)};
  table_.transfer_cached = {Slot(5)};
  const HeapAmounts total = Total();
  EXPECT_EQ(total.tail.present, 100 + 284);
  EXPECT_EQ(total.central.present, 6000);
  EXPECT_EQ(total.thread_cache.present, 2000);
  EXPECT_EQ(total.transfer_cache.present, 1000);
  EXPECT_EQ(total.live.present, 7000 + 3 * static_cast<int64_t>(kPage));
  EXPECT_EQ(total.free.present, 2 * static_cast<int64_t>(kPage));
  EXPECT_EQ(total.released.present, static_cast<int64_t>(kPage));
  EXPECT_EQ(total.metadata.present, static_cast<int64_t>(kPage));
  EXPECT_EQ(Sum(total).bytes, 9 * static_cast<int64_t>(kPage));
}

TEST_F(HeapPagesTest, OnlyWhatIsThereCounts) {
  scan_.runs.clear();
  Present(kBase + kSystem, kBase + 2 * kSystem);  // bytes 4096 to 8192: 4 bytes of slot 3, slots 4 to 7, 92 of slot 8
  Present(kBase + 2 * kPage, kBase + 2 * kPage + kSystem, kPageSwapped);
  Present(kBase + 2 * kPage + kSystem, kBase + 3 * kPage, kPagePresent | kPageHuge);
  const HeapAmounts total = Total();
  EXPECT_EQ(total.central.present, 4);
  EXPECT_EQ(total.live.present, 4092 + 4096);
  EXPECT_EQ(total.live.swapped, 4096);
  EXPECT_EQ(total.live.huge, 4096);
  EXPECT_EQ(total.live.untouched(), total.live.bytes - 4092 - 4096 - 4096);
  EXPECT_EQ(Sum(total).present, 2 * 4096);
}

TEST_F(HeapPagesTest, ACachedLargeSpanIsInAThreadsCache) {
  table_.spans[1].cached = true;
  EXPECT_EQ(Total().thread_cache.present, 3 * static_cast<int64_t>(kPage));
}

TEST_F(HeapPagesTest, WhatListsClaimIsCheckedAgainstTheSpan) {
  table_.thread_cached = {Slot(0) + 8, Slot(2), Slot(13), kBase + 2 * kPage,
                          0x10};  // inside, free, never was, large, far
  const HeapAmounts total = Total();
  EXPECT_EQ(total.thread_cache.bytes, 0);
  EXPECT_EQ(Sum(total).bytes, 9 * static_cast<int64_t>(kPage));
}

TEST_F(HeapPagesTest, ASpanThatMakesNoSenseIsLive) {
  table_.spans[0].size_class = 77;
  EXPECT_EQ(Total().live.present, 5 * static_cast<int64_t>(kPage));
  table_.spans[0].size_class = 1;
  table_.spans[0].first_object = 4000;  // the slots would not fit
  EXPECT_EQ(Total().live.present, 5 * static_cast<int64_t>(kPage));
}

// Cuts of any place add up to the whole.
TEST_F(HeapPagesTest, PartsAddUp) {
  table_.thread_cached = {Slot(0), Slot(7)};
  const PageIndex pages(scan_);
  const HeapPages heap(table_, pages, sizes_);
  for (const uint64_t cut : {1, 99, 100, 101, 1100, 4096, 7777, 16099, 16100, 16383}) {
    HeapAmounts sum = heap.In(table_.spans[0], kBase, kBase + cut);
    sum += heap.In(table_.spans[0], kBase + cut, kBase + 2 * kPage);
    const HeapAmounts whole = heap.Of(table_.spans[0]);
    EXPECT_EQ(sum.live.present, whole.live.present) << cut;
    EXPECT_EQ(sum.central.present, whole.central.present) << cut;
    EXPECT_EQ(sum.thread_cache.present, whole.thread_cache.present) << cut;
    EXPECT_EQ(sum.tail.present, whole.tail.present) << cut;
  }
}

TEST_F(HeapPagesTest, FragmentationBySizeClass) {
  scan_.runs.clear();
  Present(kBase, kBase + kSystem);
  const PageIndex pages(scan_);
  const std::vector<ClassFragmentation> classes = FindFragmentation(HeapPages(table_, pages, sizes_));
  ASSERT_EQ(classes.size(), 1u);
  EXPECT_EQ(classes[0].size, 1000u);
  EXPECT_EQ(classes[0].spans, 1u);
  EXPECT_EQ(classes[0].slots, 16u);
  EXPECT_EQ(classes[0].free_slots, 6u);
  EXPECT_EQ(classes[0].free_bytes, 6000);
  EXPECT_EQ(classes[0].pinned_bytes, 1996);  // slot 2, and slot 3 but for its last 4 bytes
  EXPECT_EQ(classes[0].occupancy[4], 1u);    // 10 of 16
}

TEST(OccupancyStep, EighthsIncludeTheirUpperEnd) {
  EXPECT_EQ(OccupancyStep(0, 64), 0u);
  EXPECT_EQ(OccupancyStep(1, 64), 0u);
  EXPECT_EQ(OccupancyStep(8, 64), 0u);
  EXPECT_EQ(OccupancyStep(9, 64), 1u);
  EXPECT_EQ(OccupancyStep(64, 64), 7u);
  EXPECT_EQ(OccupancyStep(1, 1), 7u);
}

TEST_F(HeapPagesTest, AMapHasACellPerPage) {
  scan_.runs.clear();
  Present(kBase, kBase + 2 * kPage);
  Present(kBase + 3 * kPage, kBase + 4 * kPage, kPagePresent | kPageHuge);
  Present(kBase + 4 * kPage, kBase + 5 * kPage, kPageSwapped);
  Present(kBase + 5 * kPage, kBase + 6 * kPage);
  Present(kBase + 6 * kPage, kBase + 7 * kPage, kPagePresent | kPageHuge);
  Present(kBase + 8 * kPage, kBase + 9 * kPage);
  const PageIndex pages(scan_);
  const HeapMap map = DrawHeapMap(HeapPages(table_, pages, sizes_), 100);
  EXPECT_EQ(map.base, kBase);
  EXPECT_EQ(map.bytes_per_cell, kPage);
  std::string letters;
  for (const MapCell cell : map.cells) letters += kMapCells[static_cast<size_t>(cell)].letter;
  EXPECT_EQ(letters, "#-.Hs-h.m");
}

TEST_F(HeapPagesTest, AMapOfFewCellsGroupsPages) {
  const PageIndex pages(scan_);
  const HeapPages heap(table_, pages, sizes_);
  for (size_t cells = 1; cells < 12; ++cells) {
    const HeapMap map = DrawHeapMap(heap, cells);
    EXPECT_LE(map.cells.size(), cells);
    EXPECT_GE(map.base + map.cells.size() * map.bytes_per_cell, kBase + 9 * kPage);
    EXPECT_EQ(map.base % map.bytes_per_cell, 0u);
  }
}

TEST_F(HeapPagesTest, NoHeapNoMap) {
  table_.spans.clear();
  const PageIndex pages(scan_);
  EXPECT_TRUE(DrawHeapMap(HeapPages(table_, pages, sizes_), 10).cells.empty());
}

TEST(HeapMap, CellsAreInTheOrderOfTheirTable) {
  for (size_t i = 0; i < std::size(kMapCells); ++i) EXPECT_EQ(static_cast<size_t>(kMapCells[i].cell), i);
}

}  // namespace
}  // namespace glassheap::tools
