#include "tools/read/pressure.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(Pressure, ReadsBothLines) {
  const auto pressure = ParsePressure(
      "some avg10=12.40 avg60=3.10 avg300=1.00 total=120331\nfull avg10=4.00 "
      "avg60=1.00 avg300=0.20 total=40331\n");
  ASSERT_TRUE(pressure);
  EXPECT_DOUBLE_EQ(pressure->some_avg10, 12.4);
  EXPECT_DOUBLE_EQ(pressure->some_avg60, 3.1);
  EXPECT_DOUBLE_EQ(pressure->full_avg10, 4.0);
  EXPECT_DOUBLE_EQ(pressure->full_avg60, 1.0);
  EXPECT_EQ(pressure->some_avg300, 1.0);
  EXPECT_EQ(pressure->full_avg300, 0.2);
  EXPECT_EQ(pressure->some_total_us, 120331u);
  EXPECT_EQ(pressure->full_total_us, 40331u);
}

TEST(Pressure, WhatAnOlderKernelLeavesOutIsAbsent) {
  const auto pressure = ParsePressure("some avg10=1.00 avg60=2.00\nfull avg10=0.00 avg60=0.00\n");
  ASSERT_TRUE(pressure);
  EXPECT_FALSE(pressure->some_avg300);
  EXPECT_FALSE(pressure->some_total_us);
}

TEST(Pressure, NothingWithoutBothLines) {
  EXPECT_FALSE(ParsePressure(""));
  EXPECT_FALSE(ParsePressure("some avg10=12.40 avg60=3.10 avg300=1.00 total=120331\n"));
  EXPECT_FALSE(ParsePressure("some avg10=x avg60=3.10\nfull avg10=4.00 avg60=1.00\n"));
  EXPECT_FALSE(ParsePressure("some avg10=nan avg60=3.10\nfull avg10=4.00 avg60=1.00\n"));
  EXPECT_FALSE(ParsePressure("some avg10=-1 avg60=3.10\nfull avg10=4.00 avg60=1e300\n"));
}

}  // namespace
}  // namespace glassheap::tools
