#include "tools/model/system_report.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(SystemDelta, IsTheDifference) {
  SystemReport before, now;
  before.seconds = 10;
  now.seconds = 12.5;
  before.columns.used = 100;
  now.columns.used = 40;
  now.columns.committed = 7;
  before.oom_kills = 1;
  now.oom_kills = 3;
  before.pressure = Pressure{.some_total_us = 50, .full_total_us = 10};
  now.pressure = Pressure{.some_total_us = 80, .full_total_us = 10};
  const SystemDelta delta = MakeSystemDelta(before, now);
  EXPECT_EQ(delta.seconds, 2.5);
  EXPECT_EQ(delta.columns.used, -60);
  EXPECT_EQ(delta.columns.committed, 7);
  EXPECT_EQ(delta.oom_kills, 2u);
  EXPECT_EQ(delta.some_us, 30u);
  EXPECT_EQ(delta.full_us, 0u);
  EXPECT_FALSE(delta.swapped_in);
}

TEST(SystemDelta, CountersThatBeganAnewGiveNone) {
  SystemReport before, now;
  before.oom_kills = 3;
  now.oom_kills = 1;
  EXPECT_FALSE(MakeSystemDelta(before, now).oom_kills);
  before.cgroup = CgroupMemory();
  before.cgroup->path = "/a";
  before.cgroup->oom_kills = 1;
  now.cgroup = before.cgroup;
  EXPECT_EQ(MakeSystemDelta(before, now).cgroup_oom_kills, 0u);
  now.cgroup->path = "/b";
  EXPECT_FALSE(MakeSystemDelta(before, now).cgroup_oom_kills);
}

}  // namespace
}  // namespace glassheap::tools
