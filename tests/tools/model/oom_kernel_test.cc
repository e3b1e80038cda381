// Our formula against the kernel's own figures: of this machine, and of captured ones.

#include <gtest/gtest.h>

#include <charconv>

#include "tests/support/idle_process.h"
#include "tools/model/machine.h"
#include "tools/model/process_table.h"
#include "tools/read/meminfo.h"
#include "tools/read/process_reader.h"

namespace glassheap::tools {
namespace {

std::optional<int64_t> KernelsScore(const Root& root, pid_t pid) {
  const auto text = root.ReadFile("proc/" + std::to_string(pid) + "/oom_score");
  int64_t score = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), score).ec != std::errc()) return std::nullopt;
  return score;
}

std::optional<Process> Describe(const Root& root, pid_t pid) {
  const auto meminfo = root.ReadFile("proc/meminfo");
  const auto sample = ProcessReader(root).ReadOne(pid, kReadOomScoreAdj);
  if (!meminfo || !sample) return std::nullopt;
  Users users(root);
  return DescribeProcess(*sample, WholeMachine(*MakeSystemMemory(ParseMeminfo(*meminfo))), users);
}

TEST(OomScore, OfACapturedMachine) {
  const Root root("testdata/hosts/oom");
  ProcessReader reader(root);
  const auto samples = reader.ReadAll(kReadStatusOnly);
  ASSERT_TRUE(samples);
  ASSERT_GE(samples->size(), 10u);
  for (const ProcessSample& sample : *samples) {
    const auto process = Describe(root, sample.pid);
    ASSERT_TRUE(process) << sample.pid;
    EXPECT_EQ(process->oom_score, KernelsScore(root, sample.pid)) << sample.status.name;
  }
}

// A process may grow between two reads, so the kernel is asked before and after, and a process is taken again when its
// answers differ.
TEST(OomScore, OfEveryProcessOfThisMachine) {
  const Root root;
  ProcessReader reader(root);
  const auto samples = reader.ReadAll(kReadStatusOnly);
  ASSERT_TRUE(samples);
  int compared = 0;
  for (const ProcessSample& sample : *samples) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      const auto before = KernelsScore(root, sample.pid);
      const auto process = Describe(root, sample.pid);
      const auto after = KernelsScore(root, sample.pid);
      if (!before || !process || before != after) continue;
      EXPECT_NEAR(*process->oom_score, *before, 1) << sample.pid << " " << sample.status.name;
      ++compared;
      break;
    }
  }
  EXPECT_GT(compared, 0);
}

TEST(OomScore, OfEveryAdjustmentWeMaySet) {
  const Root root;
  const testing::IdleProcess child;
  for (int adj = 0; adj <= 1000; adj += 20) {
    const auto process = root.OpenDirectory("proc/" + std::to_string(child.pid()));
    ASSERT_TRUE(process);
    if (!process->WriteFile("oom_score_adj", std::to_string(adj))) continue;
    EXPECT_EQ(Describe(root, child.pid())->oom_score, KernelsScore(root, child.pid())) << adj;
  }
}

}  // namespace
}  // namespace glassheap::tools
