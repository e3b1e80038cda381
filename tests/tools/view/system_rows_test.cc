#include "tools/view/system_rows.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

constexpr uint64_t kMi = 1 << 20;

CgroupMemory Limited() {
  CgroupMemory cgroup;
  cgroup.path = "/jobs/a";
  cgroup.limit = 256 * kMi;
  cgroup.limit_path = cgroup.remaining_path = "/jobs";
  cgroup.working_set = 64 * kMi;
  cgroup.remaining = 192 * kMi;
  return cgroup;
}

TEST(CgroupRow, OnlyWhereSomethingHolds) {
  EXPECT_EQ(CgroupRow({}, {}), "");
  EXPECT_EQ(CgroupRow(Limited(), {}), "Cgroup:       262144       65536      196608   /jobs   25.0 %\n");
  EXPECT_EQ(CgroupRow(Limited(), {.human = true}), "Cgroup:        256Mi        64Mi       192Mi   /jobs   25.0 %\n");
}

TEST(CgroupRow, SaysWhatElseHolds) {
  CgroupMemory cgroup = Limited();
  cgroup.limit_path.reset();
  cgroup.high = 200 * kMi;
  cgroup.swap_limit = kMi;
  cgroup.swap_usage = 0;
  cgroup.oom_kills = 2;
  EXPECT_EQ(CgroupRow(cgroup, {.exponent = 2}),
            "Cgroup:          256          64         192   a cgroup above that cannot be seen from here   25.0 %   "
            "least remains in /jobs   slowed above 200Mi   swap 0B of 1.0Mi   OOM kills 2\n");
}

TEST(CgroupRow, AHostileNamePrintsNoControlCharacter) {
  CgroupMemory cgroup = Limited();
  cgroup.limit_path = "/a\x1b[31m\nb";
  EXPECT_EQ(CgroupRow(cgroup, {}).find('\x1b'), std::string::npos);
}

TEST(PressureRows, OfTheMachineAndTheCgroup) {
  SystemReport report;
  EXPECT_EQ(PressureRows(report), "");
  report.pressure =
      Pressure{.some_avg10 = 12.44, .some_avg60 = 3, .full_avg10 = 4, .some_avg300 = 1, .some_total_us = 5};
  EXPECT_EQ(PressureRows(report),
            "Pressure:   some 12.4 % (10 s)  3.0 % (60 s)  1.0 % (300 s)   full 4.0 % (10 s)  0.0 % (60 s)\n");
  report.cgroup = Limited();
  report.cgroup->pressure = report.pressure;
  EXPECT_EQ(PressureRows(report).find("cgroup"), std::string::npos);  // the same counters: the root's
  report.cgroup->pressure->some_total_us = 6;
  EXPECT_NE(PressureRows(report).find("(cgroup)\n"), std::string::npos);
}

TEST(EventsRow, SinceBootAndSinceTheLast) {
  SystemReport report;
  EXPECT_EQ(EventsRow(report, nullptr, {}), "");
  report.swapped_in = 2 * kMi;
  report.swapped_out = 0;
  report.oom_kills = 3;
  EXPECT_EQ(EventsRow(report, nullptr, {}), "Events:     swapped in 2.0Mi, out 0B   OOM kills 3 since boot\n");
  SystemDelta delta;
  delta.seconds = 2;
  delta.swapped_in = 0;
  delta.oom_kills = 1;
  delta.some_us = 1500;
  delta.full_us = 0;
  EXPECT_EQ(EventsRow(report, &delta, {}),
            "Events:     swapped in 2.0Mi, out 0B   OOM kills 3 since boot   in the last 2.0 s: 0B, -, 1   stalled 1.5 "
            "ms some, 0.0 ms full\n");
}

TEST(DeltaRows, StandInTheColumnsOfTheTable) {
  SystemDelta delta;
  delta.columns.used = 2048;
  delta.columns.free = -2048;
  delta.cgroup_working_set = 1024;
  EXPECT_EQ(DeltaRows(delta, {}),
            "Mem +/-:           0          +2          -2           0           0           0\n"
            "Swap +/-:          0           0           0\n"
            "Cg +/-:                       +1\n");
}

}  // namespace
}  // namespace glassheap::tools
