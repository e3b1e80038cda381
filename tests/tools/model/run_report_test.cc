#include "tools/model/run_report.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

Heap Sample(int64_t live, int64_t cached) {
  Heap heap;
  heap.now.live_bytes = live;
  heap.now.thread_cache_free = cached;
  return heap;
}

TEST(PeakKeeper, KeepsTheHighestSample) {
  PeakKeeper keeper;
  EXPECT_FALSE(keeper.peak());
  keeper.Add(Sample(10, 0), 1);
  keeper.Add(Sample(30, 5), 2);
  keeper.Add(Sample(20, 0), 3);
  EXPECT_EQ(keeper.peak()->tiers.live_bytes, 30);
  EXPECT_DOUBLE_EQ(keeper.peak()->seconds, 2);
}

TEST(PeakKeeper, TheProcessKnowsBetter) {
  PeakKeeper keeper;
  Heap heap = Sample(30, 0);
  heap.peak = HeapPeak{Sample(90, 10).now, 0.5};
  keeper.Add(heap, 2);
  keeper.Add(Sample(100, 0), 3);  // equal: the first stays
  EXPECT_EQ(keeper.peak()->tiers.live_bytes, 90);
  EXPECT_DOUBLE_EQ(keeper.peak()->seconds, 0.5);
}

TEST(PeakKeeper, AnotherProgramStartsAnew) {
  PeakKeeper keeper;
  keeper.Add(Sample(100, 0), 1);
  keeper.Restart();
  keeper.Add(Sample(1, 0), 2);
  EXPECT_EQ(keeper.peak()->tiers.live_bytes, 1);
}

}  // namespace
}  // namespace glassheap::tools
