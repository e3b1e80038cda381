#include "tools/model/heap.h"

#include <gtest/gtest.h>

#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::BytesOf;
using glassheap::testing::MakeFakeHeap;

RegionImage Image(const abi::RegionLayout& region) { return *RegionImage::Parse(BytesOf(region)); }

TEST(Heap, TiersAddUpToMapped) {
  const Heap heap = *MakeHeap(Image(*MakeFakeHeap()));
  EXPECT_EQ(heap.now.live_bytes, 300 * 64 + 6 * 1024 + (1 << 20));
  EXPECT_EQ(heap.now.thread_cache_free, 78 * 64 + 2 * 1024 + 40960);
  EXPECT_EQ(heap.now.transfer_cache_free, 32 * 64);
  EXPECT_EQ(heap.now.central_free, 100 * 64);
  EXPECT_EQ(heap.now.span_tail_waste, 128);
  EXPECT_EQ(heap.now.residual, 0);
  EXPECT_EQ(heap.source, TierSource::kPublished);
  EXPECT_EQ(heap.split_bound, 2u * 65536);
}

TEST(Heap, TheResidualIsSignedAndNotClamped) {
  auto region = MakeFakeHeap();
  region->global.page_heap_free += 8192;
  EXPECT_EQ(MakeHeap(Image(*region))->now.residual, -8192);
  region->global.page_heap_free -= 16384;
  EXPECT_EQ(MakeHeap(Image(*region))->now.residual, 8192);
}

TEST(Heap, ClassesAndThreads) {
  const Heap heap = *MakeHeap(Image(*MakeFakeHeap(40)));
  ASSERT_EQ(heap.classes.size(), 2u);
  EXPECT_EQ(heap.classes[0].live_objects, 300);
  EXPECT_EQ(heap.classes[1].live_objects, 6);
  ASSERT_EQ(heap.threads.size(), 2u);
  EXPECT_EQ(heap.threads[0].tid, 40u);
  EXPECT_EQ(heap.threads[1].tid, 41u);
  EXPECT_EQ(heap.threads[1].allocated_bytes_total, 2000u);
}

TEST(Heap, NoMoreIsCachedThanIsOut) {
  auto region = MakeFakeHeap();
  region->classes[2].thread_cache_objects = 20;  // of 8 slots
  const Heap heap = *MakeHeap(Image(*region));
  EXPECT_EQ(heap.classes[1].live_objects, 0);
  EXPECT_EQ(heap.classes[1].thread_cache_objects, 8u);
  EXPECT_EQ(heap.now.residual, 0);
}

TEST(Heap, LiveIsAnIntervalInThePublishedTier) {
  const Heap heap = *MakeHeap(Image(*MakeFakeHeap()));
  const int64_t large = 1 << 20;
  const int64_t out = 378 * 64 + 8 * 1024;  // less than the caches' capacity: all of it may be cached
  EXPECT_EQ(heap.live.low, large);
  EXPECT_EQ(heap.live.high, large + out);
  auto region = MakeFakeHeap();
  region->threads[0].thread_cache_capacity = region->threads[5].thread_cache_capacity = 1000;
  const Heap narrow = *MakeHeap(Image(*region));
  EXPECT_EQ(narrow.live.low, large + out - 2000);
  EXPECT_EQ(narrow.live.high, large + out);
}

TEST(Heap, AClassWhoseListsMovedKeepsToWhatWasPublished) {
  const ExactLists exact = {{{40, {0, 300, 3}}}, {false, true, false}};
  const Heap heap = *MakeHeap(Image(*MakeFakeHeap(40)), exact);
  EXPECT_EQ(heap.classes[0].thread_cache_objects, 78u);
  EXPECT_EQ(heap.classes[1].thread_cache_objects, 3u);
  EXPECT_EQ(heap.split_bound, 378u * 64);
  EXPECT_EQ(heap.live.high, heap.now.live_bytes + 78 * 64 + 3 * 1024);
  EXPECT_EQ(heap.now.residual, 0);
}

TEST(Heap, ClassesThatMovedAreFoundByTheirTraffic) {
  auto region = MakeFakeHeap();
  const RegionImage before = Image(*region);
  ++region->classes[2].refills;
  region->classes[1].thread_cache_objects = 1;  // a thread that publishes: no traffic
  EXPECT_EQ(MovedClasses(before, Image(*region)), (std::vector<bool>{false, false, true}));
  ++region->classes[1].flushes;
  EXPECT_EQ(MovedClasses(before, Image(*region)), (std::vector<bool>{false, true, true}));
}

// What was read of a region whose GLOBAL row changed meanwhile, and whose rows did not all settle.
TEST(Heap, TheSkewIsWhatMovedWhileItWasRead) {
  auto region = MakeFakeHeap();
  RegionImage image = Image(*region);
  EXPECT_EQ(MakeHeap(image)->skew_bound, 0u);
  RegionImage::Reading reading;
  const auto row = [&] {
    const auto* first = reinterpret_cast<const std::byte*>(&region->global);
    return std::vector<std::byte>(first, first + sizeof region->global);
  };
  reading.global_before = row();
  region->global.span_bytes_taken_total += 16384;
  region->global.span_bytes_returned_total += 8192;
  reading.global_after = row();
  reading.unsettled = {{abi::SectionKind::kClasses, 1}};
  image.set_reading(reading);
  const Heap heap = *MakeHeap(image);
  EXPECT_EQ(heap.skew_bound, 16384u + 8192 + 2 * 8192);  // and a span of class 1
  EXPECT_EQ(heap.unsettled_rows, 1u);
}

TEST(Heap, TheExactTierTakesTheListsThemselves) {
  const ExactLists lists = {{{40, {0, 10, 0}}, {41, {0, 5, 3}}}, {}};
  const Heap heap = *MakeHeap(Image(*MakeFakeHeap(40)), lists);
  EXPECT_EQ(heap.source, TierSource::kExact);
  EXPECT_EQ(heap.classes[0].thread_cache_objects, 15u);
  EXPECT_EQ(heap.classes[0].live_objects, 363);
  EXPECT_EQ(heap.threads[0].thread_cache_free, 640u + 40960);
  EXPECT_EQ(heap.threads[1].thread_cache_free, 5u * 64 + 3 * 1024);
  EXPECT_EQ(heap.now.residual, 0);
}

TEST(Heap, ThePeakIsThereOnceItWasNoted) {
  auto region = MakeFakeHeap();
  EXPECT_FALSE(MakeHeap(Image(*region))->peak);
  region->peak = region->global;
  region->peak.peak_small_out_bytes = 378 * 64 + 8 * 1024;
  region->peak.peak_thread_cache_free = 78 * 64 + 2048 + 40960;
  region->peak.peak_large_cached_bytes = 40960;
  region->peak.peak_transfer_cache_free = 32 * 64;
  region->peak.peak_central_free = 6400;
  region->peak.peak_span_tail_waste = 128;
  region->peak.peak_time = 1'500'000'000;
  const Heap heap = *MakeHeap(Image(*region));
  ASSERT_TRUE(heap.peak);
  EXPECT_EQ(heap.peak->tiers.live_bytes, heap.now.live_bytes);
  EXPECT_EQ(heap.peak->tiers.thread_cache_free, heap.now.thread_cache_free);
  EXPECT_EQ(heap.peak->tiers.residual, 0);
  EXPECT_DOUBLE_EQ(heap.peak->seconds, 1.5);
}

TEST(Heap, EveryTierHasItsOwnKeyAndField) {
  for (const Tier& a : kTiers) {
    for (const Tier& b : kTiers) {
      if (&a == &b) continue;
      EXPECT_STRNE(a.key, b.key);
      EXPECT_STRNE(a.label, b.label);
      EXPECT_NE(a.value, b.value);
    }
  }
}

}  // namespace
}  // namespace glassheap::tools
