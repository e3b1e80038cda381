#include "tools/model/oom_preview.h"

#include <gtest/gtest.h>

#include "tools/model/process_table.h"

namespace glassheap::tools {
namespace {

constexpr OomScope kScope{.total_pages = 1'000'000};

std::vector<Process> ThreeProcesses() {
  std::vector<Process> processes;
  for (pid_t pid = 5; pid <= 7; ++pid) {
    Process process;
    process.pid = pid;
    process.rss = static_cast<uint64_t>(pid) * 4096 * 1000;
    process.oom_score_adj = 0;
    process.badness = static_cast<int64_t>(*process.rss);
    processes.push_back(process);
  }
  RankProcesses(processes);
  return processes;
}

TEST(OomPreview, ShowsThePlaceNowAndThen) {
  const auto preview = PreviewAdjustment(ThreeProcesses(), 5, 100, kScope);
  ASSERT_TRUE(preview);
  EXPECT_EQ(preview->before.rank, 3u);
  EXPECT_EQ(preview->after.rank, 1u);
  EXPECT_EQ(preview->after.badness, (5000 + 100 * 1000) * 4096);
  EXPECT_EQ(preview->after.oom_adj, 1);
  EXPECT_EQ(preview->first_after->pid, 5);
  EXPECT_EQ(preview->ranked, 3u);
}

TEST(OomPreview, NeverKilledAndBack) {
  auto processes = ThreeProcesses();
  const auto never = PreviewAdjustment(processes, 7, -1000, kScope);
  ASSERT_TRUE(never);
  EXPECT_FALSE(never->after.rank);
  EXPECT_EQ(never->after.oom_score, 0);
  EXPECT_EQ(never->ranked, 2u);
  EXPECT_EQ(never->first_after->pid, 6);
  processes[2] = never->after;
  const auto back = PreviewAdjustment(processes, 7, 0, kScope);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->after.rank, 1u);
}

TEST(OomPreview, NothingForWhatIsNeverKilledAnyway) {
  auto processes = ThreeProcesses();
  processes[0].kernel_thread = true;
  processes[1].badness.reset();  // init
  processes[2].rss.reset();
  for (const pid_t pid : {5, 6, 7, 99}) EXPECT_FALSE(PreviewAdjustment(processes, pid, 0, kScope)) << pid;
}

}  // namespace
}  // namespace glassheap::tools
