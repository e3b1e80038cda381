#include "tools/view/top/config.h"

#include <gtest/gtest.h>

#include "tests/support/top_frame.h"

namespace glassheap::tools {
namespace {

TEST(TopConfig, ReadsWhatItWrites) {
  TopSettings settings = testing::MakeTopState().settings;
  settings.fields = *ParseProcessFields("pid,pss,command");
  settings.sort = *ParseProcessSort("-pss");
  settings.scale = ByteScale::kMi;
  settings.group = GroupBy::kCgroup;
  settings.meters = MeterStyle::kFigures;
  settings.delay_seconds = 0.5;
  settings.tree = true;
  settings.kernel_threads = false;
  settings.color = false;
  TopSettings read = testing::MakeTopState().settings;
  EXPECT_TRUE(ReadConfig(ConfigText(settings), read).empty());
  EXPECT_EQ(ConfigText(read), ConfigText(settings));
  EXPECT_EQ(read.fields, settings.fields);
  EXPECT_FALSE(read.sort.largest_first);
}

TEST(TopConfig, AWrongLineIsReportedAndTheRestHolds) {
  TopSettings settings = testing::MakeTopState().settings;
  const auto errors = ReadConfig(
      "# mine\n\ncolumns = pid,nope\nwhat = 1\n tree = yes \r\ndelay = -1\nnonsense\x1b[2J\nunits=parsec\n", settings);
  ASSERT_EQ(errors.size(), 5u);
  EXPECT_EQ(errors[0].Text(), "line 3: nope: no such field; --fields help lists them");
  EXPECT_EQ(errors[1].Text(), "line 4: what: no such setting");
  EXPECT_EQ(errors[2].Text(), "line 6: -1: not a positive number of seconds");
  EXPECT_EQ(errors[3].Text(), "line 7: nonsense\\x1b[2J: key = value is wanted");
  EXPECT_EQ(errors[4].Text(), "line 8: parsec: one of human, KiB, MiB, GiB is wanted");
  EXPECT_TRUE(settings.tree);
  EXPECT_EQ(settings.fields.size(), 13u);
}

}  // namespace
}  // namespace glassheap::tools
