#include "tools/read/smaps_rollup.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(SmapsRollup, AddsUpWhatIsPrivate) {
  const auto rollup = ParseSmapsRollup(
      "55d0c0000000-7ffd00000000 ---p 00000000 00:00 0    [rollup]\nRss:                1684 kB\n"
      "Pss:                 210 kB\nPss_Dirty:           100 kB\nPrivate_Clean:         8 kB\n"
      "Private_Dirty:       100 kB\nSwap:                  0 kB\n");
  ASSERT_TRUE(rollup);
  EXPECT_EQ(rollup->rss, 1684u * 1024);
  EXPECT_EQ(rollup->pss, 210u * 1024);
  EXPECT_EQ(rollup->private_bytes, 108u * 1024);
}

TEST(SmapsRollup, NothingWithoutPss) {
  for (const char* text :
       {"", "Rss: 5 kB\n", "Pss: x kB\n", "Pss: 5 MB\n", "Pss: 99999999999999999999 kB\n", "\n\n:\n"}) {
    EXPECT_FALSE(ParseSmapsRollup(text)) << text;
  }
}

}  // namespace
}  // namespace glassheap::tools
