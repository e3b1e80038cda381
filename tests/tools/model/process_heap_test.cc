#include "tools/model/process_heap.h"

#include <gtest/gtest.h>

#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

TEST(ProcessHeap, TheSumsHoldEveryTierOnce) {
  const auto region = testing::MakeFakeHeap();
  const auto image = RegionImage::Parse(testing::BytesOf(*region));
  ASSERT_TRUE(image);
  const auto heap = SummarizeHeap(*image);
  ASSERT_TRUE(heap);
  const HeapTiers tiers = MakeHeap(*image)->now;
  EXPECT_EQ(heap->live, tiers.live_bytes);
  EXPECT_EQ(heap->mapped, tiers.mapped);
  EXPECT_EQ(heap->live + heap->cached + heap->fragmented + heap->released + tiers.metadata + tiers.region_slack +
                tiers.residual,
            tiers.mapped);
}

TEST(ProcessHeap, AddsUpAllThreadsAndTheEnded) {
  const auto region = testing::MakeFakeRegion();
  region->threads[0].tid = 1;
  region->threads[0].allocated_bytes_total = 100;
  region->threads[7].tid = 9;
  region->threads[7].allocated_bytes_total = 20;
  region->threads[8].allocated_bytes_total = 5000;  // not in use
  region->global.ended_allocated_bytes_total = 3;
  const auto heap = SummarizeHeap(*RegionImage::Parse(testing::BytesOf(*region)));
  ASSERT_TRUE(heap);
  EXPECT_EQ(heap->allocated_total, 123u);
}

TEST(ProcessHeap, AbsurdClaimsAreNoHeap) {
  const auto region = testing::MakeFakeRegion();
  region->global.page_heap_free = UINT64_MAX;
  EXPECT_FALSE(SummarizeHeap(*RegionImage::Parse(testing::BytesOf(*region))));
}

}  // namespace
}  // namespace glassheap::tools
