#include "tools/cli/color.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

namespace glassheap::tools {
namespace {

TEST(Color, Modes) {
  EXPECT_EQ(ParseColorMode("auto"), ColorMode::kAuto);
  EXPECT_EQ(ParseColorMode("always"), ColorMode::kAlways);
  EXPECT_EQ(ParseColorMode("never"), ColorMode::kNever);
  EXPECT_FALSE(ParseColorMode("sometimes"));
}

TEST(Color, TheFlagIsStrongerThanTheEnvironment) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_TRUE(UseColor(ColorMode::kAlways));
  EXPECT_FALSE(UseColor(ColorMode::kNever));
  EXPECT_FALSE(UseColor(ColorMode::kAuto));
  ::unsetenv("NO_COLOR");
}

TEST(Color, NoneInAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::setenv("TERM", "xterm", 1);
  EXPECT_FALSE(UseColor(ColorMode::kAuto, ends[1]));
}

}  // namespace
}  // namespace glassheap::tools
