#include "tools/read/vmstat.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(Vmstat, ReadsTheEvents) {
  const Vmstat vmstat = ParseVmstat("nr_free 3\npswpin 12\npswpout 34\noom_kill_x 9\noom_kill 5\n");
  EXPECT_EQ(vmstat.swapped_in_pages, 12u);
  EXPECT_EQ(vmstat.swapped_out_pages, 34u);
  EXPECT_EQ(vmstat.oom_kills, 5u);
}

TEST(Vmstat, WhatIsMissingOrNoNumberIsAbsent) {
  EXPECT_FALSE(ParseVmstat("").oom_kills);
  EXPECT_FALSE(ParseVmstat("oom_kill\noom_kill -1\noom_kill 3x\n").oom_kills);
  EXPECT_FALSE(ParseVmstat("pswpin 99999999999999999999999").swapped_in_pages);
}

}  // namespace
}  // namespace glassheap::tools
