#include "tools/model/oom_guard.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

Process Named(pid_t pid, const std::string& name, int64_t oom_score, uint64_t rss = 4096) {
  Process process;
  process.pid = pid;
  process.name = name;
  process.user = "ann";
  process.oom_score = oom_score;
  process.oom_score_adj = 0;
  process.rss = rss;
  return process;
}

pid_t VictimOf(const std::vector<Process>& processes, const std::vector<std::string>& arguments) {
  const Process* victim = EarlyoomVictim(processes, ParseEarlyoom(arguments));
  return victim == nullptr ? 0 : victim->pid;
}

TEST(Earlyoom, TakesTheLargestScoreAndOfEqualsTheLargestRss) {
  EXPECT_EQ(VictimOf({Named(10, "a", 700), Named(11, "b", 710)}, {}), 11);
  EXPECT_EQ(VictimOf({Named(10, "a", 700, 9000), Named(11, "b", 700, 8000)}, {}), 10);
  EXPECT_EQ(VictimOf({Named(10, "a", 700, 8000), Named(11, "b", 710, 10)}, {"earlyoom", "--sort-by-rss"}), 10);
}

TEST(Earlyoom, PrefersAndAvoidsByName) {
  const std::vector<Process> processes = {Named(10, "firefox", 700), Named(11, "sshd", 900), Named(12, "make", 750)};
  EXPECT_EQ(VictimOf(processes, {"earlyoom", "--prefer", "^(firefox|chrome)$"}), 10);
  EXPECT_EQ(VictimOf(processes, {"earlyoom", "--avoid=^sshd$"}), 12);
  EXPECT_EQ(VictimOf(processes, {"earlyoom", "--ignore", "sshd"}), 12);
  EXPECT_EQ(VictimOf(processes, {"earlyoom", "--avoid", "("}), 11) << "an expression that does not compile";
}

TEST(Earlyoom, SparesWhatItCannotOrMustNotKill) {
  Process root = Named(10, "a", 900), spared = Named(11, "b", 900), init = Named(1, "init", 999);
  Process kernel = Named(12, "k", 999), self = Named(13, "earlyoom", 999);
  root.user = "root";
  spared.oom_score_adj = -1000;
  kernel.rss.reset();
  EXPECT_EQ(VictimOf({init, spared, kernel, self, root}, {}), 10);
  EXPECT_EQ(VictimOf({init, spared, kernel, self, root}, {"earlyoom", "--ignore-root-user"}), 0);
}

TEST(Earlyoom, ReadsItsThresholds) {
  const EarlyoomSettings settings = ParseEarlyoom({"earlyoom", "-r", "60", "-m", "4,2", "-s", "100", "--dryrun"});
  EXPECT_EQ(settings.memory_percent, 4);
  EXPECT_EQ(settings.swap_percent, 100);
  EXPECT_TRUE(settings.dry_run);
  EXPECT_EQ(ParseEarlyoom({"earlyoom", "-m"}).memory_percent, 10) << "a value that is missing";
}

TEST(Oomd, ReadsItsConfiguration) {
  const OomdSettings settings =
      ParseOomdConf("[OOM]\n#SwapUsedLimit=1%\nSwapUsedLimit=80%\nDefaultMemoryPressureLimit=");
  EXPECT_EQ(settings.swap_used_limit, "80%");
  EXPECT_EQ(settings.pressure_limit, "");
  EXPECT_EQ(settings.pressure_duration, "30s");
}

TEST(DescribeGuard, NamesWhatItWouldDo) {
  const std::vector<Process> processes = {Named(50, "earlyoom", 1), Named(51, "java", 900)};
  const OomGuard early = DescribeGuard(processes[0], {"earlyoom", "-m", "7"}, "", processes);
  EXPECT_EQ(early.rule, "acts when available memory is at most 7 % and free swap at most 10 %");
  EXPECT_EQ(early.victim, 51);
  EXPECT_EQ(early.victim_name, "java");
  const OomGuard oomd = DescribeGuard(Named(60, "systemd-oomd", 1), {}, "SwapUsedLimit=70%\n", processes);
  EXPECT_NE(oomd.rule.find("above 60% for 30s, or when memory and swap are both above 70%"), std::string::npos);
  EXPECT_FALSE(oomd.victim);
}

}  // namespace
}  // namespace glassheap::tools
