#include "tools/read/process_stat.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

constexpr char kRest[] =
    " S 4200 4242 4242 0 -1 4194304 102 7 3 1 55 66 0 0 20 0 1 0 108681 "
    "2998272 378 18446744073709551615\n";

TEST(ProcessStat, ReadsAnOrdinaryProcess) {
  const auto stat = ParseProcessStat("4242 (bash)" + std::string(kRest));
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->pid, 4242);
  EXPECT_EQ(stat->name, "bash");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->ppid, 4200);
  EXPECT_EQ(stat->minor_faults, 102u);
  EXPECT_EQ(stat->major_faults, 3u);
  EXPECT_EQ(stat->user_ticks, 55u);
  EXPECT_EQ(stat->system_ticks, 66u);
  EXPECT_EQ(stat->start_ticks, 108681u);
}

TEST(ProcessStat, TheNameEndsAtTheLastParenthesis) {
  for (const std::string name : {") R 1", "a) R 1 2 3 (b", "((", "))", "", "line\nbreak", "\x1b[2J"}) {
    const auto stat = ParseProcessStat("7 (" + name + ")" + kRest);
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->name, name);
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->start_ticks, 108681u);
  }
}

TEST(ProcessStat, NothingFromHalfALine) {
  const std::string whole = "4242 (bash)" + std::string(kRest);
  const size_t needed = whole.find("108681");
  for (size_t length = 0; length <= needed; ++length) {
    EXPECT_FALSE(ParseProcessStat(whole.substr(0, length))) << length;
  }
}

TEST(ProcessStat, NothingFromNonsense) {
  EXPECT_FALSE(ParseProcessStat(")("));
  EXPECT_FALSE(ParseProcessStat("x (bash) S 1"));
  EXPECT_FALSE(ParseProcessStat("1 (a) S 1 2 3 4 5 6 seven 8 9 10 11 12 13 14 15 16 17 18 19 20 21\n"));
}

}  // namespace
}  // namespace glassheap::tools
