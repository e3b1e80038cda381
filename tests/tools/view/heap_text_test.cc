#include "tools/view/heap_text.h"

#include <gtest/gtest.h>

#include "tests/support/fake_region.h"
#include "tests/support/golden.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::BytesOf;
using glassheap::testing::ExpectGolden;
using glassheap::testing::MakeFakeHeap;

HeapReport Report() {
  HeapReport report;
  report.pid = 4242;
  report.status.name = "redis\x1b[2J";
  report.status.rss = 3 << 20;
  report.status.rss_anon = 2 << 20;
  report.heap = *MakeHeap(*RegionImage::Parse(BytesOf(*MakeFakeHeap(4242))));
  return report;
}

TEST(HeapText, Everything) { ExpectGolden("heap_text", HeapText(Report(), {.classes = true, .threads = true})); }

TEST(HeapText, OnlyTheSumByDefault) {
  const std::string text = HeapText(Report(), {});
  EXPECT_EQ(text.find("size classes"), std::string::npos);
  EXPECT_EQ(text.find("\nthreads\n"), std::string::npos);
}

TEST(HeapText, EveryTierHasARow) {
  const std::string text = HeapText(Report(), {});
  for (const Tier& tier : kTiers)
    EXPECT_NE(text.find(std::string("    ") + tier.label), std::string::npos) << tier.label;
}

TEST(HeapText, AResidualIsShownWithItsSign) {
  HeapReport report = Report();
  report.heap.now.residual = -8192;
  report.heap.unsettled_rows = 2;
  const std::string text = HeapText(report, {});
  EXPECT_NE(text.find("-8.00Ki"), std::string::npos);
  EXPECT_NE(text.find("2 rows changed while they were read"), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
