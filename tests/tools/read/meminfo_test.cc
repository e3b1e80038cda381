#include "tools/read/meminfo.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(Meminfo, SizesAreBytes) {
  const Meminfo meminfo = ParseMeminfo(
      "MemTotal:       24684096 kB\nMemFree:  1 kB\nSwapTotal:             0 "
      "kB\n");
  EXPECT_EQ(meminfo.total, 24684096u * uint64_t{1024});
  EXPECT_EQ(meminfo.free, 1024u);
  EXPECT_EQ(meminfo.swap_total, 0u);
}

TEST(Meminfo, WhatIsNotPrintedIsAbsent) {
  const Meminfo meminfo = ParseMeminfo("MemTotal: 5 kB\n");
  EXPECT_FALSE(meminfo.available);
  EXPECT_FALSE(meminfo.free);
  EXPECT_FALSE(ParseMeminfo("").total);
}

TEST(Meminfo, UnknownLinesAreSkippedAndOrderIsFree) {
  const Meminfo meminfo = ParseMeminfo(
      "NewThing: 3 kB\nno colon\n:\nMemFree: 2 kB\nHugePages_Total: "
      "0\nMemTotal: 3 kB");
  EXPECT_EQ(meminfo.free, 2048u);
  EXPECT_EQ(meminfo.total, 3072u);
}

TEST(Meminfo, WhatIsNoNumberIsAbsent) {
  for (const char* text : {"MemTotal: x kB", "MemTotal: -1 kB", "MemTotal: 12", "MemTotal: 12 MB",
                           "MemTotal:", "MemTotal: 18446744073709551615 kB", "MemTotal: 99999999999999999999 kB"}) {
    EXPECT_FALSE(ParseMeminfo(text).total) << text;
  }
}

}  // namespace
}  // namespace glassheap::tools
