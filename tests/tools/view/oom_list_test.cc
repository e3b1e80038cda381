#include "tools/view/oom_list.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

Process MakeProcess() {
  Process process;
  process.pid = 4242;
  process.user = "redis";
  process.name = "redis-server";
  process.rank = 1;
  process.oom_score = 778;
  process.oom_score_adj = 0;
  process.oom_adj = 0;
  process.badness = 4 * kGiB;
  process.rss = 4 * kGiB;
  process.swap = 0;
  process.page_tables = 8 << 20;
  return process;
}

TEST(OomList, TheHeadlineSaysWhatIsMeasuredAgainst) {
  SystemMemory memory;
  memory.total = 24 * kGiB;
  EXPECT_EQ(OomHeadline(memory), "who would be killed first (whole machine: 24.0Gi, no swap)\n");
  memory.swap_total = 4 * kGiB;
  EXPECT_EQ(OomHeadline(memory), "who would be killed first (whole machine: 24.0Gi + 4.00Gi swap)\n");
}

// As oomscore prints it.
std::string Table(const std::vector<Process>& processes, const std::vector<OomRowNote>& notes = {}) {
  return OomTable(processes, WithoutEmptyHeaps(OomTableFields(), processes), 0, notes);
}

TEST(OomList, ALineForEach) {
  Process never = MakeProcess();
  never.rank.reset();
  never.badness.reset();
  never.oom_score = 0;
  never.oom_score_adj = -1000;
  never.oom_adj = -17;
  EXPECT_EQ(Table({MakeProcess(), never}),
            "RANK  PID USER  SCORE   ADJ OOM_ADJ BADNESS    RSS SWAP PAGETBL CGROUP COMMAND\n"
            "   1 4242 redis   778     0       0  4.00Gi 4.00Gi    0  8.00Mi -      [redis-server]\n"
            "   - 4242 redis     0 -1000     -17   never 4.00Gi    0  8.00Mi -      [redis-server]\n");
}

TEST(OomList, AnUnknownAdjustmentIsNotNever) {
  Process process = MakeProcess();
  process.badness.reset();
  process.oom_score.reset();
  EXPECT_EQ(Table({process}).find("never"), std::string::npos);
}

TEST(OomList, SaysWhatAHeapCouldGiveBackFirst) {
  Process process = MakeProcess();
  EXPECT_EQ(Table({process}).find("RELEASABLE"), std::string::npos) << "only where there is a heap";
  process.heap = ProcessHeap{.page_heap_free = 400 << 20};
  const std::string table = Table({process, MakeProcess()});
  EXPECT_NE(table.find(" LIVE RELEASABLE CGROUP COMMAND\n"), std::string::npos) << table;
  EXPECT_NE(table.find("      400Mi -      [redis-server]\n"), std::string::npos) << table;
}

TEST(OomList, SaysWhereARowStands) {
  Process process = MakeProcess();
  process.cgroup = "/a\x1b";
  const std::string table = Table({process, process}, {{0, {}}, {2, 7}});
  EXPECT_NE(table.find(" CGROUP COMMAND\n"), std::string::npos) << table;
  EXPECT_NE(table.find(" /a\\x1b [redis-server]\n"), std::string::npos) << table;
  EXPECT_NE(table.find("  \\_ [redis-server]   (the same memory as pid 7)\n"), std::string::npos) << table;
}

TEST(OomList, OnlyTheColumnsThatAreAskedFor) {
  EXPECT_EQ(OomTable({MakeProcess()}, *ParseOomFields("pid,heap_releasable,rss"), 0),
            " PID RELEASABLE    RSS\n4242          - 4.00Gi\n");
  EXPECT_EQ(ParseOomFields("pid,nothing").error().Text(), "nothing: no such field; --fields help lists them");
  EXPECT_EQ(ParseOomFields("pid,").error().Text(), "'': no such field; --fields help lists them");
}

TEST(OomList, OfAPathTheEndIsShown) {
  Process process = MakeProcess();
  process.cgroup = "/system.slice/a-very-long-name-of-a.service";
  EXPECT_EQ(OomTable({process}, *ParseOomFields("cgroup"), 0), "CGROUP\n+very-long-name-of-a.service\n");
}

TEST(OomChanges, NamesAreMadeHarmless) {
  const std::string text = OomChangesText({{42, "a\n\x1b[2J", 0, 5}}, OomSetting{5, std::nullopt});
  EXPECT_EQ(text,
            "pid 42 (a\\x0a\\x1b[2J): oom_score_adj changed from 0 to 5, "
            "oom_adj stays 0\n");
}

}  // namespace
}  // namespace glassheap::tools
