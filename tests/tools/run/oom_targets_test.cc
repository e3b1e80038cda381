#include "tools/run/oom_targets.h"

#include <gtest/gtest.h>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

class OomTargetsTest : public ::testing::Test {
 protected:
  OomTargetsTest() {
    fake_.AddProcess({.pid = 1, .name = "init", .rss_kib = 4, .ppid = 0});
    fake_.AddProcess({.pid = 20, .name = "sshd", .rss_kib = 4, .start_ticks = 77});
    fake_.AddProcess({.pid = 21, .name = "sshd", .rss_kib = 4, .ppid = 20});
    fake_.AddProcess({.pid = 22, .name = "bash", .rss_kib = 4, .ppid = 21});
    fake_.AddProcess({.pid = 30, .name = "python3", .rss_kib = 4, .command_line = std::string("/opt/tool\0x", 11)});
    fake_.AddProcess({.pid = 40, .name = "sshd", .kernel_thread = true});
    fake_.AddProcess({.pid = 41, .name = "sshd", .state = 'Z'});
  }

  std::vector<pid_t> Found(const TargetRequest& request) {
    const auto targets = FindTargets(fake_.root(), request);
    std::vector<pid_t> pids;
    if (!targets) return pids;
    for (const Target& target : targets->found) pids.push_back(target.pid);
    missing_.clear();
    for (const Error& error : targets->missing) missing_ += error.Text() + "\n";
    return pids;
  }

  FakeRoot fake_;
  std::string missing_;
};

TEST_F(OomTargetsTest, ByName) {
  EXPECT_EQ(Found({{}, {"sshd"}, {}, false}), (std::vector<pid_t>{20, 21})) << "no kernel thread, no zombie";
  EXPECT_EQ(Found({{}, {"tool"}, {}, false}), std::vector<pid_t>{30}) << "by the file that runs, as pidof";
  EXPECT_TRUE(Found({{}, {"nobody", ""}, {}, false}).empty());
  EXPECT_EQ(missing_, "nobody: no process has this name\n'': no process has this name\n");
}

TEST_F(OomTargetsTest, WithWhatTheyHaveStarted) {
  EXPECT_EQ(Found({{20}, {}, {}, true}), (std::vector<pid_t>{20, 21, 22}));
  EXPECT_EQ(Found({{22, 20}, {"sshd"}, {}, true}), (std::vector<pid_t>{22, 20, 21})) << "each once";
}

TEST_F(OomTargetsTest, ByCgroup) {
  fake_.Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1\n");
  fake_.Write("sys/fs/cgroup/memory/jobs/memory.usage_in_bytes", "1\n");
  fake_.Write("sys/fs/cgroup/memory/jobs/cgroup.procs", "21\n22\n");
  fake_.Write("sys/fs/cgroup/memory/empty/cgroup.procs", "");
  fake_.Write("sys/fs/cgroup/memory/empty/memory.usage_in_bytes", "0\n");
  EXPECT_EQ(Found({{}, {}, {"/jobs"}, false}), (std::vector<pid_t>{21, 22}));
  EXPECT_TRUE(Found({{}, {}, {"/empty", "/nowhere"}, false}).empty());
  EXPECT_EQ(missing_,
            "/empty: there is no process in this cgroup\n"
            "/nowhere: no such cgroup in /sys/fs/cgroup/memory; /proc/PID/cgroup has the one of a process\n");
}

TEST_F(OomTargetsTest, WhatWasFoundByLookingIsKnownByItsStart) {
  const auto targets = FindTargets(fake_.root(), {{22}, {"sshd"}, {}, false});
  ASSERT_TRUE(targets);
  ASSERT_EQ(targets->found.size(), 3u);
  EXPECT_FALSE(targets->found[0].start_ticks) << "asked for by pid";
  EXPECT_EQ(targets->found[1].start_ticks, 77u);
}

}  // namespace
}  // namespace glassheap::tools
