#include "tools/view/process_filter.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

Process MakeProcess() {
  Process process;
  process.pid = 42;
  process.user = "www-data";
  process.name = "node";
  process.command_line = "/usr/bin/Node api.js";
  process.rss = 100 << 20;
  process.oom_score_adj = -5;
  process.cpu_percent = 12.5;
  return process;
}

bool Passes(const char* filter) {
  const auto parsed = ParseProcessFilter(filter);
  EXPECT_TRUE(parsed) << filter;
  return Matches(*parsed, MakeProcess());
}

TEST(ProcessFilter, ComparesNumbers) {
  EXPECT_TRUE(Passes("rss>99M"));
  EXPECT_FALSE(Passes("rss>100M"));
  EXPECT_TRUE(Passes("rss>=100M"));
  EXPECT_TRUE(Passes("rss<=0.1G"));
  EXPECT_TRUE(Passes("RSS=104857600"));
  EXPECT_TRUE(Passes("res>1KiB")) << "as top calls it";
  EXPECT_TRUE(Passes("pid<43"));
  EXPECT_TRUE(Passes("adj<0"));
  EXPECT_TRUE(Passes("%cpu>12"));
  EXPECT_TRUE(Passes(" rss > 1m "));
}

TEST(ProcessFilter, LooksForText) {
  EXPECT_TRUE(Passes("user=WWW"));
  EXPECT_FALSE(Passes("user=root"));
  EXPECT_TRUE(Passes("command_line=api"));
  EXPECT_TRUE(Passes("user>root"));
  EXPECT_FALSE(Passes("user<root"));
}

TEST(ProcessFilter, TurnsRound) {
  EXPECT_FALSE(Passes("!rss>99M"));
  EXPECT_TRUE(Passes("!user=root"));
}

TEST(ProcessFilter, WhatIsAbsentNeverMatches) {
  EXPECT_FALSE(Passes("swap<1"));
  EXPECT_FALSE(Passes("swap>0"));
  EXPECT_TRUE(Passes("!swap>0"));
}

TEST(ProcessFilter, SaysWhatIsWrong) {
  const auto error = [](const char* typed) { return ParseProcessFilter(typed).error().Text(); };
  const std::string form = ": FIELD>VALUE, FIELD<VALUE or FIELD=VALUE is wanted, such as rss>100M";
  EXPECT_EQ(error("rss"), "rss" + form);
  EXPECT_EQ(error(""), "''" + form);
  EXPECT_EQ(error(">5"), ">5" + form);
  EXPECT_EQ(error("rss>"), "rss>" + form);
  EXPECT_EQ(error("nope>5"), "nope: no such field; --fields help lists them");
  EXPECT_EQ(error("rss>x"), "rss>x: x is not a number");
  EXPECT_EQ(error("rss>5Q"), "rss>5Q: 5Q is not a number");
  EXPECT_EQ(error("pid>5M"), "pid>5M: 5M is not a number") << "no bytes";
  EXPECT_EQ(error("rss>inf"), "rss>inf: inf is not a number");
}

TEST(ProcessFilter, AListIsAllOfThem) {
  const auto filters = ParseProcessFilters("rss>1M,user=www");
  ASSERT_TRUE(filters);
  EXPECT_EQ(filters->size(), 2u);
  EXPECT_FALSE(ParseProcessFilters("rss>1M,"));
}

TEST(MatchesText, NameOrCommandLineInAnyCase) {
  const Process process = MakeProcess();
  for (const char* text : {"", "NODE", "API.js", "zzz|node", "|"}) EXPECT_TRUE(MatchesText(text, process)) << text;
  for (const char* text : {"zzz", "node.js"}) EXPECT_FALSE(MatchesText(text, process)) << text;
}

}  // namespace
}  // namespace glassheap::tools
