#include "tools/view/json_system.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/golden.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::ExpectGolden;

SystemReport Report() {
  SystemReport report;
  report.memory.total = 10;
  report.memory.swap_total = 20;
  report.heaps.processes = 2;
  report.heaps.live_bytes = 30;
  return report;
}

TEST(JsonSystem, WhatIsNotKnownIsNull) { ExpectGolden("system.json", SystemJson(Report(), nullptr)); }

TEST(JsonSystem, EverythingKnown) {
  SystemReport report = Report();
  report.pressure = Pressure{.some_avg10 = 1.5, .some_avg300 = 2, .some_total_us = 7};
  report.oom_kills = 3;
  report.cgroup = CgroupMemory();
  report.cgroup->path = "/a\xff";
  report.cgroup->limit = 100;
  report.cgroup->remaining = 40;
  SystemDelta delta;
  delta.seconds = 0.5;
  delta.columns.used = -5;
  const auto json = nlohmann::json::parse(SystemJson(report, &delta));
  EXPECT_EQ(json["pressure"]["some"]["avg10"], 1.5);
  EXPECT_EQ(json["pressure"]["some"]["total_us"], 7);
  EXPECT_EQ(json["events"]["oom_kills"], 3);
  EXPECT_EQ(json["cgroup"]["limit"], 100);
  EXPECT_EQ(json["cgroup"]["remaining"], 40);
  EXPECT_TRUE(json["cgroup"]["limit_path"].is_null());
  EXPECT_EQ(json["delta"]["memory"]["used"], -5);
  EXPECT_TRUE(json["delta"]["swapped_in"].is_null());
}

TEST(JsonWhat, RowsAndFormulas) {
  const auto json = nlohmann::json::parse(WhatJson(
      {{"anonymous", "anonymous", 3, ""}, {"zram", "zram", std::nullopt, ""}}, {}, {{"htop", "a - b", "htop", 4}}));
  EXPECT_EQ(json["schema"], "glassheap.what/1");
  EXPECT_EQ(json["rows"]["anonymous"], 3);
  EXPECT_TRUE(json["rows"]["zram"].is_null());
  EXPECT_EQ(json["used"]["htop"]["bytes"], 4);
}

}  // namespace
}  // namespace glassheap::tools
