#include "tools/run/oom_survey.h"

#include <gtest/gtest.h>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kMi = 1 << 20;

// A machine of 1 GiB without swap and two processes.
class OomSurveyTest : public ::testing::Test {
 protected:
  OomSurveyTest() {
    fake_.SetMemory(1 << 20, 0);
    fake_.AddProcess({.pid = 1, .rss_kib = 900'000});
    fake_.AddProcess({.pid = 10, .name = "small", .rss_kib = 1000, .oom_score_adj = 100});
    fake_.AddProcess({.pid = 11, .name = "large", .rss_kib = 50'000});
    fake_.AddProcess({.pid = 12, .name = "spared", .rss_kib = 90'000, .oom_score_adj = -1000});
    fake_.AddProcess({.pid = 13, .name = "kernel", .kernel_thread = true});
  }

  OomForecast Forecast(const ForecastRequest& request = {}) {
    const auto forecast = ForecastOom(fake_.root(), request);
    EXPECT_TRUE(forecast) << forecast.error().Text();
    return forecast ? *forecast : OomForecast();
  }

  std::string ErrorOf(const ForecastRequest& request) {
    const auto forecast = ForecastOom(fake_.root(), request);
    return forecast ? "" : forecast.error().Text();
  }

  void MakeV1(const std::string& path, uint64_t limit, const std::string& pids) {
    const std::string folder = "sys/fs/cgroup/memory" + path + "/";
    fake_.Write(folder + "memory.limit_in_bytes", std::to_string(limit) + "\n");
    fake_.Write(folder + "memory.usage_in_bytes", std::to_string(limit / 2) + "\n");
    fake_.Write(folder + "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
    fake_.Write(folder + "cgroup.procs", pids);
  }

  FakeRoot fake_;
};

TEST_F(OomSurveyTest, TheWholeMachine) {
  const OomForecast forecast = Forecast();
  ASSERT_EQ(forecast.deaths.size(), 2u);
  EXPECT_EQ(forecast.deaths[0].process.pid, 10) << "+100 outweighs 49 MB of 1 GiB";
  EXPECT_EQ(forecast.deaths[1].process.pid, 11);
  EXPECT_EQ(forecast.candidates, 2u);
  EXPECT_EQ(forecast.spared, 2u) << "init and -1000; kernel threads are not counted";
  EXPECT_EQ(forecast.domain.limit, 1024 * kMi);
}

TEST_F(OomSurveyTest, InACgroupTheAdjustmentWeighsItsLimit) {
  MakeV1("", 1024 * kMi, "1\n12\n");
  MakeV1("/jobs", 100 * kMi, "10\n");
  MakeV1("/jobs/below", 100 * kMi, "11\n0\n");
  const OomForecast forecast = Forecast({"/jobs", std::nullopt, 4});
  ASSERT_EQ(forecast.deaths.size(), 2u);
  EXPECT_EQ(forecast.deaths[0].process.pid, 11) << "+100 is 10 MiB here";
  EXPECT_EQ(forecast.domain.limit, 100 * kMi);
  EXPECT_EQ(forecast.domain.name, "/jobs");
}

TEST_F(OomSurveyTest, ACgroupByPidByFolderAndByNothing) {
  MakeV1("", 1024 * kMi, "1\n12\n");
  MakeV1("/jobs", 100 * kMi, "10\n11\n");
  fake_.Write("proc/10/cgroup", "4:memory:/jobs\n");
  EXPECT_EQ(Forecast({"10", std::nullopt, 1}).domain.name, "/jobs");
  EXPECT_EQ(Forecast({"/sys/fs/cgroup/memory/jobs", std::nullopt, 1}).domain.name, "/jobs");
  EXPECT_EQ(Forecast({"jobs", std::nullopt, 1}).domain.name, "/jobs");
  EXPECT_EQ(ErrorOf({"4000", std::nullopt, 1}), "pid 4000: no such process");
  EXPECT_EQ(ErrorOf({"/nowhere", std::nullopt, 1}),
            "/nowhere: no such cgroup in /sys/fs/cgroup/memory; /proc/PID/cgroup has the one of a process");
}

TEST_F(OomSurveyTest, AnAncestorMayBeFullFirst) {
  MakeV1("", 1024 * kMi, "");
  MakeV1("/jobs", 20 * kMi, "");
  MakeV1("/jobs/below", 100 * kMi, "10\n");
  EXPECT_EQ(Forecast({"/jobs/below", std::nullopt, 1}).tighter, "/jobs");
  EXPECT_FALSE(Forecast({"/jobs", std::nullopt, 1}).tighter);
}

TEST_F(OomSurveyTest, WhatTheAdministratorSet) {
  fake_.Write("proc/sys/vm/panic_on_oom", "2\n");
  fake_.Write("proc/sys/vm/oom_kill_allocating_task", "1\n");
  EXPECT_EQ(Forecast().policy.panic_on_oom, 2);
  EXPECT_TRUE(Forecast().policy.kill_allocating_task);
  MakeV1("/jobs", 100 * kMi, "10\n");
  fake_.Write("sys/fs/cgroup/memory/jobs/memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n");
  EXPECT_TRUE(Forecast({"/jobs", std::nullopt, 1}).policy.kill_disabled);
}

TEST_F(OomSurveyTest, ProcessesOfOtherMemoryNodesAreLeftOut) {
  fake_.Write("sys/devices/system/node/has_memory", "0-1\n");
  fake_.Write("sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:    262144 kB\n");
  const auto bind = [&](const char* pid, const char* nodes) {
    const std::string file = std::string("proc/") + pid + "/status";
    fake_.Write(file, *fake_.root().ReadFile(file) + "Mems_allowed_list:\t" + nodes + "\n");
  };
  bind("10", "1");
  bind("11", "0");
  const OomForecast asked = Forecast({std::nullopt, 11, 4});
  ASSERT_EQ(asked.deaths.size(), 1u);
  EXPECT_EQ(asked.deaths[0].process.pid, 11);
  EXPECT_EQ(asked.on_other_nodes, 1u);
  EXPECT_EQ(asked.domain.name, "0");
  EXPECT_EQ(asked.domain.limit, 256 * kMi);
  const OomForecast all = Forecast();
  EXPECT_EQ(all.deaths.size(), 2u);
  EXPECT_TRUE(all.nodes_matter);
  EXPECT_EQ(ErrorOf({std::nullopt, 4000, 4}), "pid 4000: no such process");
}

TEST_F(OomSurveyTest, WithoutCgroupsAndWithoutMemory) {
  EXPECT_NE(ErrorOf({"/x", std::nullopt, 1}), "");
  fake_.Write("proc/meminfo", "");
  EXPECT_EQ(ErrorOf({}), fake_.PathOf("proc/meminfo") + ": it has no MemTotal or no MemFree line");
}

// A tree of cgroups v2: the workers of api.service die together, but for the one at -1000.
TEST(OomSurveyV2, AGroupThatDiesWhole) {
  const Root root("testdata/hosts/oom-v2");
  const auto forecast = ForecastOom(root, {"/system.slice/api.service", std::nullopt, 4});
  ASSERT_TRUE(forecast) << forecast.error().Text();
  ASSERT_EQ(forecast->deaths.size(), 2u);
  EXPECT_EQ(forecast->deaths[0].process.pid, 902);
  EXPECT_EQ(forecast->deaths[0].also, std::vector<pid_t>{903});
  EXPECT_EQ(forecast->deaths[1].process.pid, 901);
  EXPECT_EQ(forecast->domain.limit, 1024 * kMi) << "it may not swap";
}

TEST(OomSurveyV2, SwapCountsWhereItIsAllowed) {
  const Root root("testdata/hosts/oom-v2");
  const auto forecast = ForecastOom(root, {"800", std::nullopt, 4});
  ASSERT_TRUE(forecast) << forecast.error().Text();
  EXPECT_EQ(forecast->domain.limit, (2048 + 512) * kMi);
  EXPECT_EQ(forecast->domain.name, "/system.slice/redis.service");
}

}  // namespace
}  // namespace glassheap::tools
