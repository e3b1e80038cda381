// A busy process never shows more residual than the bound that is printed with it.

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/shell.h"
#include "tools/model/heap.h"
#include "tools/read/region_attach.h"
#include "tools/read/region_reader.h"
#include "tools/run/heap_survey.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::Background;
using glassheap::testing::Program;

class HeapUnderLoadTest : public ::testing::Test {
 protected:
  HeapUnderLoadTest()
      : busy_({"/usr/bin/env", "LD_PRELOAD=" + std::filesystem::absolute(Program("allocator/libglassheap.so")).string(),
               Program("tests/support/planted"), "busy", "8"}) {
    ready_ = busy_.ReadLine() == "ready";
  }
  ~HeapUnderLoadTest() override { ::kill(busy_.pid(), SIGKILL); }

  Background busy_;
  bool ready_;
};

TEST_F(HeapUnderLoadTest, TheResidualStaysWithinItsBound) {
  ASSERT_TRUE(ready_);
  const Result<Directory> process = Root().OpenDirectory("proc/" + std::to_string(busy_.pid()));
  ASSERT_TRUE(process);
  const Result<AttachedRegion> region = AttachRegion(*process, busy_.pid());
  ASSERT_TRUE(region) << region.error().Text();
  int closed = 0;
  for (int i = 0; i < 1000; ++i) {
    const Result<RegionImage> image = ReadRegion(region->fd.get());
    ASSERT_TRUE(image) << image.error().Text();
    const Result<Heap> heap = MakeHeap(*image);
    ASSERT_TRUE(heap) << heap.error().Text();
    ASSERT_LE(std::abs(heap->now.residual), static_cast<int64_t>(heap->skew_bound)) << "sample " << i;
    ASSERT_LE(heap->live.low, heap->live.high);
    if (heap->now.residual == 0) ++closed;
  }
  EXPECT_GT(closed, 0);
}

TEST_F(HeapUnderLoadTest, NothingLiveIsNegative) {
  ASSERT_TRUE(ready_);
  for (int i = 0; i < 50; ++i) {
    const Result<HeapReport> report = ReportHeap(Root(), busy_.pid(), {.pages = i % 10 == 0});
    ASSERT_TRUE(report) << report.error().Text();
    EXPECT_LE(std::abs(report->heap.now.residual), static_cast<int64_t>(report->heap.skew_bound));
    for (const HeapClass& one : report->heap.classes) EXPECT_GE(one.live_objects, 0) << one.size;
    if (!report->resident) continue;
    EXPECT_EQ(Attributed(*report->resident) + report->resident->unattributed, report->resident->rss);
  }
}

}  // namespace
}  // namespace glassheap::tools
