#include "tools/model/process_group.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

Process Make(pid_t pid, const char* user, uint64_t rss, std::optional<uint64_t> pss) {
  Process process;
  process.pid = pid;
  process.user = user;
  process.name = "node";
  process.rss = rss;
  process.pss = pss;
  process.rank = static_cast<uint64_t>(pid);
  return process;
}

std::vector<Process> Group(const std::vector<Process>& processes, GroupBy by) {
  std::vector<const Process*> members;
  for (const Process& process : processes) members.push_back(&process);
  return GroupProcesses(members, by);
}

TEST(ProcessGroup, SumsAreHonestAboutSharedMemory) {
  const auto groups = Group({Make(5, "www", 100, 40), Make(6, "www", 100, 40), Make(7, "db", 100, {}),
                             Make(8, "db", 50, 10), Make(9, "one", 30, {})},
                            GroupBy::kUser);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].rss, 80u) << "each shared page once";
  EXPECT_FALSE(groups[0].shared_counted_often);
  EXPECT_EQ(groups[1].rss, 150u);
  EXPECT_TRUE(groups[1].shared_counted_often) << "one PSS is not known";
  EXPECT_FALSE(groups[1].pss) << "a sum over some members says nothing";
  EXPECT_FALSE(groups[2].shared_counted_often) << "alone it shares with nobody of the group";
}

TEST(ProcessGroup, WhatCanBeSummedIsAndTheRestIsAbsent) {
  Process a = Make(5, "www", 1, {}), b = Make(6, "www", 2, {});
  a.heap = ProcessHeap{.live = INT64_MAX, .cached = 3};
  b.heap = ProcessHeap{.live = 5, .cached = 4};
  a.oom_score_adj = 5;
  b.growth_per_minute = 2.5;
  const auto groups = Group({a, b}, GroupBy::kCommand);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].members, 2u);
  EXPECT_EQ(groups[0].pid, 0);
  EXPECT_EQ(groups[0].name, "node");
  EXPECT_EQ(groups[0].rank, 5u) << "who of them dies first";
  EXPECT_EQ(groups[0].heap->live, INT64_MAX) << "claims do not overflow";
  EXPECT_EQ(groups[0].heap->cached, 7);
  EXPECT_EQ(groups[0].growth_per_minute, 2.5);
  EXPECT_FALSE(groups[0].oom_score_adj);
}

TEST(ProcessGroup, AProcessWithoutACgroupHasAGroupToo) {
  const auto groups = Group({Make(5, "www", 1, {})}, GroupBy::kCgroup);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].name, "-");
}

TEST(ProcessGroup, NamesOfGroupings) {
  for (const GroupBy by : {GroupBy::kNone, GroupBy::kUser, GroupBy::kCommand, GroupBy::kCgroup}) {
    EXPECT_EQ(ParseGroupBy(NameOf(by)), by);
  }
  EXPECT_FALSE(ParseGroupBy("planet"));
}

}  // namespace
}  // namespace glassheap::tools
