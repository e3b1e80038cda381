#include "tools/read/load.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(Load, ReadsThreeAverages) {
  EXPECT_EQ(ParseLoadAverage("2.10 1.84 0.20 3/1204 51200\n"), (LoadAverage{2.10, 1.84, 0.20}));
  EXPECT_EQ(ParseLoadAverage("2.10 1.84"), std::nullopt);
  EXPECT_EQ(ParseLoadAverage(""), std::nullopt);
}

TEST(Load, ReadsTheUptime) {
  EXPECT_EQ(ParseUptime("2687400.11 5021000.40\n"), 2687400.11);
  EXPECT_EQ(ParseUptime("soon"), std::nullopt);
}

}  // namespace
}  // namespace glassheap::tools
