#include "tools/view/oom_explain.h"

#include <gtest/gtest.h>

#include <string>

namespace glassheap::tools {
namespace {

// Its lines are there to be pasted into a shell.
TEST(OomUnitText, NothingThatAProcessChoosesReachesTheShell) {
  const std::string text = OomUnitText("$(x);`y`' \x1b\n", "0::/\n", 5);
  EXPECT_NE(text.find("/__x___y_____.service.d/oom.conf\n"), std::string::npos) << text;
  EXPECT_NE(text.find("restart __x___y_____.service\n"), std::string::npos) << text;
  for (const char letter : {'$', '`', ';', '\'', '\x1b'}) EXPECT_EQ(text.find(letter), std::string::npos) << letter;
}

TEST(OomUnitText, WhoeverMakesTheCgroupDoesNotEither) {
  const std::string text = OomUnitText("api", "0::/system.slice/a$(x).service\n", 5);
  EXPECT_NE(text.find("restart a__x_.service\n"), std::string::npos) << text;
}

TEST(OomUnitText, AnEscapedUnitIsQuoted) {
  const std::string text = OomUnitText("api", "0::/system.slice/a\\x2db@1.service\n", 5);
  EXPECT_NE(text.find("restart 'a\\x2db@1.service'\n"), std::string::npos) << text;
}

TEST(OomUnitText, ANamelessProcess) {
  EXPECT_NE(OomUnitText("", "0::/\n", 5).find("restart NAME.service\n"), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
