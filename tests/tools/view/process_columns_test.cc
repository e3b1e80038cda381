#include "tools/view/process_columns.h"

#include <gtest/gtest.h>

#include <set>

namespace glassheap::tools {
namespace {

Process MakeProcess() {
  Process process;
  process.pid = 42;
  process.user = "redis";
  process.name = "redis-server";
  process.command_line = "redis-server *:6379";
  process.rss = 3 << 20;
  return process;
}

TEST(ProcessColumns, KeysAreUniqueAndPlain) {
  std::set<std::string_view> keys, headings;
  for (const ProcessColumn& column : ProcessColumns()) {
    EXPECT_TRUE(keys.insert(column.key).second) << column.key;
    EXPECT_TRUE(headings.insert(column.heading).second) << column.heading;
    EXPECT_EQ(column.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << column.key;
  }
}

TEST(ProcessColumns, EveryColumnHasAHeadingAndHelpOfOneLine) {
  for (const ProcessColumn& column : ProcessColumns()) {
    EXPECT_FALSE(column.heading.empty()) << column.key;
    EXPECT_GE(column.help.size(), 6u) << column.key;
    EXPECT_LE(column.help.size(), 64u) << column.key << ": 80 columns";
    EXPECT_EQ(column.help.find('\n'), std::string_view::npos) << column.key;
    EXPECT_NE(column.help.back(), '.') << column.key;
    EXPECT_NE(ProcessColumnsHelp().find(column.help), std::string::npos) << column.key;
  }
}

TEST(ProcessColumns, AreFoundByKeyAndByHeadingInAnyCase) {
  for (const ProcessColumn& column : ProcessColumns()) {
    EXPECT_EQ(FindProcessColumn(column.key), &column);
    EXPECT_EQ(FindProcessColumn(column.heading), &column);
  }
  EXPECT_EQ(FindProcessColumn("RSS"), FindProcessColumn("rss"));
  EXPECT_EQ(FindProcessColumn(""), nullptr);
}

TEST(ProcessColumns, EveryColumnPrintsAnEmptyAndAFullProcess) {
  Process full = MakeProcess();
  full.heap = ProcessHeap{};
  for (const ProcessColumn& column : ProcessColumns()) {
    EXPECT_FALSE(ProcessText(column, Process{}).empty()) << column.key;
    EXPECT_FALSE(ProcessText(column, full).empty()) << column.key;
    if (column.needs & kNeedsHeap) {
      EXPECT_EQ(ProcessText(column, Process{}), "-") << column.key;
    }
  }
}

TEST(ProcessColumns, ForeignTextIsMadeHarmless) {
  Process process = MakeProcess();
  process.name = ") R 1\n\x1b[2J\x07\xff";
  process.command_line = process.name;
  process.user = process.name;
  for (const ProcessColumn& column : ProcessColumns()) {
    const std::string text = ProcessText(column, process);
    EXPECT_EQ(text.find_first_of("\n\x1b\x07"), std::string::npos) << column.key;
  }
}

TEST(ProcessFields, TakesAList) {
  const auto fields = ParseProcessFields("pid,RSS,command");
  ASSERT_TRUE(fields);
  ASSERT_EQ(fields->size(), 3u);
  EXPECT_EQ((*fields)[1]->key, "rss");
  EXPECT_EQ(NeedsOf(*fields), 0u);
  EXPECT_EQ(NeedsOf(*ParseProcessFields("rank,heap_live")), unsigned{kNeedsOom | kNeedsHeap});
}

TEST(ProcessFields, NamesTheFieldThatDoesNotExist) {
  EXPECT_EQ(ParseProcessFields("pid,nope").error().Text(), "nope: no such field; --fields help lists them");
  EXPECT_FALSE(ParseProcessFields(""));
  EXPECT_FALSE(ParseProcessFields("pid,"));
  EXPECT_EQ(ParseProcessSort("+nope").error().what, "nope");
  EXPECT_FALSE(ParseProcessSort(""));
  EXPECT_FALSE(ParseProcessSort("-"));
}

TEST(SortProcesses, AbsentComesLastBothWays) {
  std::vector<Process> processes(3);
  for (pid_t i = 0; i < 3; ++i) processes[static_cast<size_t>(i)].pid = i + 1;
  processes[0].rss = 10;
  processes[2].rss = 20;
  SortProcesses(processes, *ParseProcessSort("rss"));
  EXPECT_EQ(processes[0].pid, 3);
  EXPECT_EQ(processes[2].pid, 2);
  SortProcesses(processes, *ParseProcessSort("-rss"));
  EXPECT_EQ(processes[0].pid, 1);
  EXPECT_EQ(processes[2].pid, 2);
}

TEST(SortProcesses, EveryColumnSortsBothWays) {
  for (const ProcessColumn& column : ProcessColumns()) {
    for (const bool largest_first : {true, false}) {
      std::vector<Process> processes = {MakeProcess(), Process{}, MakeProcess(), Process{}};
      processes[0].pid = 7;
      SortProcesses(processes, {&column, largest_first});
      EXPECT_EQ(processes.size(), 4u) << column.key;
    }
  }
}

}  // namespace
}  // namespace glassheap::tools
