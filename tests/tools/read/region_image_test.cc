#include "tools/read/region_image.h"

#include <gtest/gtest.h>

#include <cstring>
#include <utility>

#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

using abi::SectionKind;
using glassheap::testing::BytesOf;
using glassheap::testing::MakeFakeHeap;
using glassheap::testing::MakeFakeRegion;

TEST(RegionImage, FindsEveryCounterByName) {
  const Result<RegionImage> image = RegionImage::Parse(BytesOf(*MakeFakeHeap(42)));
  ASSERT_TRUE(image) << image.error().Text();
  EXPECT_EQ(image->header().pid, 42u);
  EXPECT_EQ(image->version(), "fake");
  for (const auto& [kind, count] : {std::pair(SectionKind::kGlobal, abi::kHeapCounters),
                                    {SectionKind::kPeak, abi::kHeapCounters},
                                    {SectionKind::kClasses, abi::kClassCounters},
                                    {SectionKind::kThreads, abi::kThreadCounters}}) {
    ASSERT_NE(image->Section(kind), nullptr);
    EXPECT_EQ(image->Section(kind)->counters.size(), count);
  }
}

TEST(RegionImage, ReadsValues) {
  const Result<RegionImage> image = RegionImage::Parse(BytesOf(*MakeFakeHeap()));
  const RegionSection& classes = *image->Section(SectionKind::kClasses);
  EXPECT_EQ(image->Value(classes, 1, *classes.Find("size")), 64u);
  EXPECT_EQ(image->Value(classes, 2, *classes.Find("slots")), 8u);
  EXPECT_EQ(classes.Find("no_such_counter"), nullptr);
}

TEST(RegionImage, ANewerWritersSectionsAndCountersAreCarried) {
  auto region = MakeFakeHeap();
  region->toc[1].kind = 77;  // PEAK is optional
  std::strcpy(region->class_counters[8].name, "from_the_future");
  const Result<RegionImage> image = RegionImage::Parse(BytesOf(*region));
  ASSERT_TRUE(image) << image.error().Text();
  EXPECT_EQ(image->Section(SectionKind::kPeak), nullptr);
  EXPECT_NE(image->Section(SectionKind::kClasses)->Find("from_the_future"), nullptr);
}

TEST(RegionImage, AnotherLayoutIsNamed) {
  auto region = MakeFakeRegion();
  region->header.layout_version = 2;
  const Result<RegionImage> image = RegionImage::Parse(BytesOf(*region));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().errno_value, kErrorUnreadable);
  EXPECT_EQ(image.error().Text(), "unreadable region: layout version 2, this tool reads 1");
}

}  // namespace
}  // namespace glassheap::tools
