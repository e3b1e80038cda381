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
}

TEST(Pressure, NothingWithoutBothLines) {
  EXPECT_FALSE(ParsePressure(""));
  EXPECT_FALSE(ParsePressure("some avg10=12.40 avg60=3.10 avg300=1.00 total=120331\n"));
  EXPECT_FALSE(ParsePressure("some avg10=x avg60=3.10\nfull avg10=4.00 avg60=1.00\n"));
}

}  // namespace
}  // namespace glassheap::tools
