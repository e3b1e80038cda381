#include "tools/read/oom_log.h"

#include <gtest/gtest.h>

#include <vector>

namespace glassheap::tools {
namespace {

std::vector<OomKill> KillsOf(const std::vector<std::string>& lines) {
  OomLog log;
  std::vector<OomKill> kills;
  for (const std::string& line : lines) {
    if (const auto kill = log.Take(line)) kills.push_back(*kill);
  }
  return kills;
}

const std::vector<std::string> kInACgroup = {
    "python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=500",
    "memory: usage 49152kB, limit 49152kB, failcnt 1170",
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,"
    "task=python3,pid=42,uid=0",
    "Memory cgroup out of memory: Killed process 42 (python3) total-vm:58712kB, anon-rss:48740kB, file-rss:5564kB, "
    "shmem-rss:4kB, UID:33 pgtables:160kB oom_score_adj:-500"};

TEST(OomLog, AKillInACgroup) {
  const auto kills = KillsOf(kInACgroup);
  ASSERT_EQ(kills.size(), 1u);
  const OomKill& kill = kills[0];
  EXPECT_EQ(kill.pid, 42);
  EXPECT_EQ(kill.name, "python3");
  EXPECT_EQ(kill.cgroup, "/a");
  EXPECT_EQ(kill.task_cgroup, "/a/b");
  EXPECT_EQ(kill.limit, 49152u * 1024);
  EXPECT_EQ(kill.anon, 48740u * 1024);
  EXPECT_EQ(kill.file, 5564u * 1024);
  EXPECT_EQ(kill.shmem, 4096u);
  EXPECT_EQ(kill.page_tables, 160u * 1024);
  EXPECT_EQ(kill.uid, 33u);
  EXPECT_EQ(kill.oom_score_adj, -500);
}

TEST(OomLog, OfTheWholeMachineAfterOneInACgroup) {
  auto lines = kInACgroup;
  lines.push_back(
      "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/x,task=java,"
      "pid=7,uid=0");
  lines.push_back("Out of memory: Killed process 7 (java) total-vm:1kB, anon-rss:2kB, file-rss:0kB, shmem-rss:0kB");
  const auto kills = KillsOf(lines);
  ASSERT_EQ(kills.size(), 2u);
  EXPECT_EQ(kills[1].pid, 7);
  EXPECT_FALSE(kills[1].cgroup);
  EXPECT_FALSE(kills[1].limit);
  EXPECT_FALSE(kills[1].oom_score_adj);
}

TEST(OomLog, TheOneThatAsked) {
  const auto kills = KillsOf(
      {"Out of memory (oom_kill_allocating_task): Killed process 9 (x) total-vm:1kB, anon-rss:2kB, file-rss:0kB"});
  ASSERT_EQ(kills.size(), 1u);
  EXPECT_EQ(kills[0].pid, 9);
  EXPECT_EQ(kills[0].name, "x");
}

TEST(OomLog, OlderKernels) {
  const auto kills = KillsOf({"Task in /docker/1 killed as a result of limit of /docker",
                              "memory: usage 1024kB, limit 1024kB, failcnt 3",
                              "Memory cgroup out of memory: Kill process 9 (java) score 900 or sacrifice child",
                              "Killed process 9 (java) total-vm:100kB, anon-rss:50kB, file-rss:10kB, shmem-rss:0kB"});
  ASSERT_EQ(kills.size(), 1u);
  EXPECT_EQ(kills[0].cgroup, "/docker");
  EXPECT_EQ(kills[0].task_cgroup, "/docker/1");
  EXPECT_EQ(kills[0].limit, 1024u * 1024);
}

TEST(OomLog, NamesCannotTellATale) {
  const auto kills = KillsOf(
      {"Killed process  invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0",
       "Memory cgroup out of memory: Killed process 42 (a) total-vm:9) total-vm:58712kB, anon-rss:8kB, file-rss:0kB, "
       "shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0",
       "random line", ""});
  ASSERT_EQ(kills.size(), 1u);
  EXPECT_EQ(kills[0].pid, 42);
  EXPECT_EQ(kills[0].name, "a) total-vm:9");
  EXPECT_EQ(kills[0].anon, 8192u);
}

}  // namespace
}  // namespace glassheap::tools
