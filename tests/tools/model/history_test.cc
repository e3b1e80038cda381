#include "tools/model/history.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::BytesOf;
using glassheap::testing::MakeFakeHeap;
using glassheap::testing::MakeFakeRegion;

constexpr uint64_t kSecond = 1'000'000'000;
constexpr int64_t kMi = 1 << 20;

HeapHistory Of(const abi::RegionLayout& region) { return MakeHistory(*RegionImage::Parse(BytesOf(region))); }

// A history with these live figures, one a second.
HeapHistory Live(std::initializer_list<int64_t> figures) {
  HeapHistory history;
  for (const int64_t live : figures) {
    HistoryEntry entry;
    entry.seconds = 1 + static_cast<double>(history.size());
    entry.tiers.live_bytes = live;
    history.push_back(entry);
  }
  return history;
}

TEST(History, RowsComeInTheOrderOfTime) {
  const auto region = MakeFakeRegion();
  region->history[0].time = 9 * kSecond;  // the ring has come round
  region->history[0].live_bytes = 900;
  region->history[0].mapped = 1000;
  region->history[1].time = 5 * kSecond;
  region->history[2].time = 7 * kSecond;
  region->history[2].allocated_bytes_total = 77;
  const HeapHistory history = Of(*region);
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].seconds, 5);
  EXPECT_EQ(history[1].allocated_total, 77u);
  EXPECT_EQ(history[2].tiers.live_bytes, 900);
  EXPECT_EQ(history[2].tiers.mapped, 1000);
  EXPECT_EQ(history[2].tiers.residual, 100);
}

TEST(History, EveryTierIsRead) {
  const auto region = MakeFakeRegion();
  abi::HistoryRow& row = region->history[4];
  row.time = 1;
  row.live_bytes = 1 << 0;
  row.thread_cache_free = 1 << 1;
  row.transfer_cache_free = 1 << 2;
  row.central_free = 1 << 3;
  row.span_tail_waste = 1 << 4;
  row.page_heap_free = 1 << 5;
  row.page_heap_released = 1 << 6;
  row.metadata = 1 << 7;
  row.region_slack = 1 << 8;
  row.mapped = (1 << 9) - 1;
  const HeapHistory history = Of(*region);
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].tiers.residual, 0);
}

TEST(History, OfAFullRingTheOldestIsLeftOut) {
  const auto region = MakeFakeRegion();
  for (uint64_t i = 0; i < abi::kHistoryRows; ++i) region->history[i].time = (i + 1) * kSecond;
  EXPECT_EQ(Of(*region).front().seconds, 2);
  region->history[0].time = 0;  // being written
  EXPECT_EQ(Of(*region).front().seconds, 3)
      << "what came before it was whole, but so it cannot be told from a torn row";
}

TEST(History, AbsurdRowsAreLeftOut) {
  const auto region = MakeFakeRegion();
  region->history[0].time = kSecond;
  region->history[1].time = 2 * kSecond;
  region->history[1].live_bytes = UINT64_MAX;
  EXPECT_EQ(Of(*region).size(), 1u);
}

TEST(History, AWriterWithoutHistoryHasNone) {
  const auto region = MakeFakeRegion();
  region->history[0].time = kSecond;
  region->toc[5].kind = 77;
  EXPECT_TRUE(Of(*region).empty());
}

TEST(History, NowIsTheLastEntry) {
  const auto region = MakeFakeHeap();
  region->history[0].time = kSecond;
  const RegionImage image = *RegionImage::Parse(BytesOf(*region));
  const Heap heap = *MakeHeap(image);
  const HeapHistory history = MakeHistory(image, heap, 30);
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].seconds, 30);
  EXPECT_EQ(history[1].tiers.live_bytes, heap.now.live_bytes);
  EXPECT_EQ(history[1].allocated_total, 1'002'000u);
}

TEST(History, AnAbsurdPresentIsLeftOut) {
  const auto region = MakeFakeHeap();
  region->history[0].time = kSecond;
  const RegionImage image = *RegionImage::Parse(BytesOf(*region));
  Heap heap = *MakeHeap(image);
  heap.now.live_bytes = INT64_MIN;
  EXPECT_EQ(MakeHistory(image, heap, 30).size(), 1u);
}

TEST(Growth, ASteadyRiseIsSustained) {
  const auto growth = GrowthOfLive(Live({1 * kMi, 2 * kMi, 3 * kMi, 4 * kMi, 5 * kMi, 6 * kMi, 7 * kMi, 8 * kMi}));
  ASSERT_TRUE(growth);
  EXPECT_EQ(growth->bytes, 7 * kMi);
  EXPECT_EQ(growth->seconds, 7);
  EXPECT_TRUE(growth->sustained);
}

TEST(Growth, AWaveIsNot) {
  const auto growth = GrowthOfLive(Live({1, 9, 2, 8, 1, 9, 2, 8, 1, 9}));
  ASSERT_TRUE(growth);
  EXPECT_EQ(growth->bytes, 8);
  EXPECT_FALSE(growth->sustained);
}

TEST(Growth, ARisingFloorUnderAWaveIs) {
  EXPECT_TRUE(GrowthOfLive(Live({10, 90, 20, 80, 30, 95, 40, 99, 50, 98, 60, 99}))->sustained);
}

TEST(Growth, AQuietProcessHasNoneThatIsSustained) {
  EXPECT_FALSE(GrowthOfLive(Live({5, 5, 5, 5, 5, 5, 5, 5}))->sustained);
  EXPECT_FALSE(GrowthOfLive(Live({5})));
  EXPECT_FALSE(GrowthOfLive({}));
}

TEST(Growth, OnlyTheWindowCounts) {
  HeapHistory history = Live({100, 1, 2, 3, 4, 5});
  const auto growth = GrowthOfLive(history, 3);
  EXPECT_EQ(growth->seconds, 3);
  EXPECT_EQ(growth->bytes, 3);
}

TEST(Growth, LongSilenceDoesNotHideAnEarlierFigure) {
  HeapHistory history = Live({10, 20});
  history[1].seconds = 5000;
  const auto growth = GrowthOfLive(history, 600);
  EXPECT_EQ(growth->bytes, 10);
  EXPECT_EQ(growth->seconds, 600);
}

TEST(Thin, KeepsBothEndsAndSpreadsTheRest) {
  HeapHistory history;
  for (int i = 0; i < 100; ++i) {
    history.push_back({});
    history.back().seconds = i;
  }
  const HeapHistory thin = Thin(history, 5);
  ASSERT_EQ(thin.size(), 5u);
  EXPECT_EQ(thin[0].seconds, 0);
  EXPECT_NEAR(thin[2].seconds, 50, 1);
  EXPECT_EQ(thin[4].seconds, 99);
  EXPECT_EQ(Thin(thin, 12).size(), 5u);
}

}  // namespace
}  // namespace glassheap::tools
