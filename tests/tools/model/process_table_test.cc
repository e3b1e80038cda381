#include "tools/model/process_table.h"

#include <gtest/gtest.h>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kMiB = 1 << 20;

ProcessSample MakeSample(pid_t pid, uint64_t rss, int adj = 0) {
  ProcessSample sample;
  sample.pid = pid;
  sample.incarnation = 1;
  sample.status.rss = rss;
  sample.status.uid = 0;
  sample.oom_score_adj = adj;
  return sample;
}

class ProcessTableTest : public ::testing::Test {
 protected:
  std::vector<Process> Update(const std::vector<ProcessSample>& samples, double seconds) {
    return table_.Update(samples, scope_, users_, seconds);
  }

  FakeRoot fake_;
  Users users_{fake_.root()};
  OomScope scope_{.total_pages = 1000000};
  ProcessTable table_;
};

TEST_F(ProcessTableTest, RanksByBadnessWithoutGaps) {
  ProcessSample init = MakeSample(1, 900 * kMiB);
  init.init = true;
  const auto processes = Update({init, MakeSample(5, 10 * kMiB), MakeSample(6, 20 * kMiB), MakeSample(7, kMiB, 500),
                                 MakeSample(8, 800 * kMiB, -1000), MakeSample(9, kMiB, -999)},
                                0);
  EXPECT_EQ(processes[0].rank, std::nullopt);
  EXPECT_EQ(processes[1].rank, 3u);
  EXPECT_EQ(processes[2].rank, 2u);
  EXPECT_EQ(processes[3].rank, 1u);
  EXPECT_EQ(processes[4].rank, std::nullopt);
  EXPECT_EQ(processes[4].oom_score, 0);
  EXPECT_EQ(processes[5].rank, 4u);
  EXPECT_LT(processes[5].badness, 0);
}

TEST_F(ProcessTableTest, OfEqualsTheLaterIsFirst) {
  const auto processes = Update({MakeSample(5, kMiB), MakeSample(6, kMiB), MakeSample(7, kMiB)}, 0);
  EXPECT_EQ(processes[0].rank, 3u);
  EXPECT_EQ(processes[1].rank, 2u);
  EXPECT_EQ(processes[2].rank, 1u);
}

TEST_F(ProcessTableTest, AnAdjustmentThatCannotBeReadLeavesNoRank) {
  ProcessSample sample = MakeSample(5, kMiB);
  sample.oom_score_adj.reset();
  const Process process = Update({sample}, 0)[0];
  EXPECT_EQ(process.oom_score, std::nullopt);
  EXPECT_EQ(process.rank, std::nullopt);
}

TEST_F(ProcessTableTest, GrowthIsPerMinuteOverAMinute) {
  EXPECT_EQ(Update({MakeSample(5, 10 * kMiB)}, 100)[0].growth_per_minute, std::nullopt);
  EXPECT_EQ(Update({MakeSample(5, 10 * kMiB)}, 100.2)[0].growth_per_minute, std::nullopt) << "too short";
  EXPECT_NEAR(*Update({MakeSample(5, 11 * kMiB)}, 110)[0].growth_per_minute, 6.0 * kMiB, 1);
  for (int second = 111; second <= 200; ++second) Update({MakeSample(5, 11 * kMiB)}, second);
  EXPECT_NEAR(*Update({MakeSample(5, 11 * kMiB)}, 201)[0].growth_per_minute, 0, 1) << "the window moves on";
}

TEST_F(ProcessTableTest, GrowthIsSustainedWhenItNeverShrank) {
  Process process;
  for (int i = 0; i <= 10; ++i) process = Update({MakeSample(5, (10 + i) * kMiB)}, i * 5)[0];
  EXPECT_TRUE(process.growth_sustained);
  process = Update({MakeSample(5, 15 * kMiB)}, 55)[0];
  EXPECT_FALSE(process.growth_sustained);
}

TEST_F(ProcessTableTest, AFewPagesAreNoSustainedGrowth) {
  Process process;
  for (int i = 0; i <= 10; ++i)
    process = Update({MakeSample(5, 10 * kMiB + static_cast<uint64_t>(i) * 4096)}, i * 5)[0];
  EXPECT_FALSE(process.growth_sustained);
}

TEST_F(ProcessTableTest, AReusedPidStartsAnew) {
  Update({MakeSample(5, 10 * kMiB)}, 0);
  ProcessSample other = MakeSample(5, 500 * kMiB);
  other.incarnation = 2;
  EXPECT_EQ(Update({other}, 10)[0].growth_per_minute, std::nullopt);
}

TEST_F(ProcessTableTest, FaultsPerSecond) {
  ProcessSample sample = MakeSample(5, kMiB);
  sample.stat = ProcessStat{};
  sample.stat->minor_faults = 100;
  EXPECT_EQ(Update({sample}, 1)[0].minor_faults_per_second, std::nullopt);
  sample.stat->minor_faults = 150;
  sample.stat->major_faults = 1;
  const Process process = Update({sample}, 3)[0];
  EXPECT_DOUBLE_EQ(*process.minor_faults_per_second, 25);
  EXPECT_DOUBLE_EQ(*process.major_faults_per_second, 0.5);
}

TEST_F(ProcessTableTest, ForgetsWhoIsGone) {
  Update({MakeSample(5, kMiB), MakeSample(6, kMiB)}, 0);
  Update({MakeSample(6, kMiB)}, 10);
  EXPECT_EQ(Update({MakeSample(5, kMiB)}, 20)[0].growth_per_minute, std::nullopt);
}

}  // namespace
}  // namespace glassheap::tools
