#include "tools/view/top/rows.h"

#include <gtest/gtest.h>

#include "tests/support/top_frame.h"

namespace glassheap::tools {
namespace {

std::string Pids(const TopRows& rows) {
  std::string text;
  for (const TopRow& row : rows.rows) text += row.branch + std::to_string(row.process->pid) + "\n";
  return text;
}

TopFrame Family() {
  TopFrame frame;
  const auto add = [&](pid_t pid, pid_t parent, uint64_t mib) {
    Process process = testing::MakeTopProcess(pid, "www", mib, "x");
    process.ppid = parent;
    frame.processes.push_back(process);
  };
  add(1, 0, 1);
  add(10, 1, 2);
  add(20, 1, 3);
  add(30, 10, 4);
  add(40, 999, 5);
  return frame;
}

TEST(TopRows, ATreeIsSortedWithinItsBranches) {
  TopState state = testing::MakeTopState();
  state.settings.tree = true;
  const TopFrame frame = Family();
  EXPECT_EQ(Pids(MakeRows(frame, state)), "40\n1\n|- 20\n`- 10\n   `- 30\n");
  state.collapsed = {10};
  EXPECT_EQ(Pids(MakeRows(frame, state)), "40\n1\n|- 20\n`- + 10\n");
  state.glyphs = Glyphs::kUnicode;
  state.collapsed = {1};
  EXPECT_EQ(Pids(MakeRows(frame, state)), "40\n+ 1\n");
}

TEST(TopRows, AParentThatIsFilteredOutLeavesItsChildrenAsRoots) {
  TopState state = testing::MakeTopState();
  state.settings.tree = true;
  state.filters = {*ParseProcessFilter("!pid=10")};
  EXPECT_EQ(Pids(MakeRows(Family(), state)).find("30\n"), 3u);
}

TEST(TopRows, ACircleOfParentsEnds) {
  TopFrame frame = Family();
  frame.processes[0].ppid = 30;
  TopState state = testing::MakeTopState();
  state.settings.tree = true;
  EXPECT_EQ(MakeRows(frame, state).rows.size(), 5u);
}

TEST(TopRows, OnlyCertainPids) {
  TopState state = testing::MakeTopState();
  state.pids = {20, 30, 77};
  EXPECT_EQ(Pids(MakeRows(Family(), state)), "30\n20\n");
}

TEST(TopRows, ThreadsBelowTheirProcess) {
  TopState state = testing::MakeTopState();
  state.settings.threads = true;
  const TopFrame frame = testing::MakeTopFrame();
  const TopRows rows = MakeRows(frame, state);
  ASSERT_GE(rows.rows.size(), 2u);
  EXPECT_EQ(rows.rows[0].process->pid, 4242);
  EXPECT_EQ(rows.rows[1].kind, TopRow::Kind::kThread);
  EXPECT_EQ(rows.rows[1].process->pid, 4243);
  EXPECT_EQ(rows.rows[1].process->heap->cached, 1 << 16);
  EXPECT_FALSE(rows.rows[1].process->rss) << "memory is the process'";
}

}  // namespace
}  // namespace glassheap::tools
