#include "tools/model/oom_forecast.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

constexpr int64_t kMi = 1 << 20;

OomTask Task(pid_t pid, std::optional<int64_t> badness_mi, std::string cgroup = "/") {
  OomTask task;
  task.process.pid = pid;
  task.process.rss = 10 * kMi;
  task.process.rss_anon = 8 * kMi;
  task.process.page_tables = kMi;
  if (badness_mi) task.process.badness = *badness_mi * kMi;
  task.cgroup = std::move(cgroup);
  return task;
}

std::vector<pid_t> PidsOf(const std::vector<OomDeath>& deaths) {
  std::vector<pid_t> pids;
  for (const OomDeath& death : deaths) pids.push_back(death.process.pid);
  return pids;
}

TEST(ForetellDeaths, ByBadnessAndNeverTheSpared) {
  const auto deaths = ForetellDeaths({Task(1, std::nullopt), Task(2, 5), Task(3, 7), Task(4, -2)}, 9);
  EXPECT_EQ(PidsOf(deaths), (std::vector<pid_t>{3, 2, 4}));
  EXPECT_EQ(deaths[0].frees_bytes, 9u * kMi) << "anonymous memory and page tables";
}

TEST(ForetellDeaths, OfTwoEqualsTheLater) {
  EXPECT_EQ(PidsOf(ForetellDeaths({Task(2, 5), Task(3, 5)}, 2)), (std::vector<pid_t>{3, 2}));
}

TEST(ForetellDeaths, NotMoreThanAsked) { EXPECT_EQ(ForetellDeaths({Task(2, 5), Task(3, 5)}, 1).size(), 1u); }

TEST(ForetellDeaths, NobodyLeft) { EXPECT_TRUE(ForetellDeaths({Task(1, std::nullopt)}, 3).empty()); }

TEST(ForetellDeaths, SharedMemoryDiesOnceAndTogether) {
  std::vector<OomTask> tasks = {Task(2, 9), Task(3, 8), Task(4, 1)};
  tasks[0].memory_id = tasks[1].memory_id = 7;
  const auto deaths = ForetellDeaths(tasks, 9);
  EXPECT_EQ(PidsOf(deaths), (std::vector<pid_t>{2, 4}));
  EXPECT_EQ(deaths[0].also, std::vector<pid_t>{3});
  EXPECT_EQ(deaths[0].frees_bytes, 9u * kMi);
}

TEST(ForetellDeaths, AGroupDiesWholeButForItsSpared) {
  std::vector<OomTask> tasks = {Task(2, 9, "/a/b"), Task(3, 1, "/a/c"), Task(4, std::nullopt, "/a/b"),
                                Task(5, 2, "/ab")};
  tasks[0].kill_group = "/a";
  const auto deaths = ForetellDeaths(tasks, 9);
  EXPECT_EQ(PidsOf(deaths), (std::vector<pid_t>{2, 5}));
  EXPECT_EQ(deaths[0].also, std::vector<pid_t>{3}) << "not the one at -1000";
  EXPECT_EQ(deaths[0].frees_bytes, 18u * kMi);
  EXPECT_EQ(deaths[0].kill_group, "/a");
}

TEST(IsWithinCgroup, ComparesWholeNames) {
  EXPECT_TRUE(IsWithinCgroup("/a/b", "/a"));
  EXPECT_TRUE(IsWithinCgroup("/a", "/a"));
  EXPECT_TRUE(IsWithinCgroup("/a", "/"));
  EXPECT_FALSE(IsWithinCgroup("/ab", "/a"));
  EXPECT_FALSE(IsWithinCgroup("/", "/a"));
}

TEST(ParseNodeList, RangesAndSingles) {
  EXPECT_EQ(ParseNodeList("0-2,5"), (std::vector<unsigned>{0, 1, 2, 5}));
  EXPECT_EQ(ParseNodeList("0\n"), std::vector<unsigned>{0});
  EXPECT_TRUE(ParseNodeList("").empty());
  EXPECT_TRUE(ParseNodeList("x").empty());
  EXPECT_EQ(ParseNodeList("0-4294967295").size(), 1024u) << "a node that cannot be is not counted to";
}

}  // namespace
}  // namespace glassheap::tools
