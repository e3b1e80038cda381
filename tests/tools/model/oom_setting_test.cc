#include "tools/model/oom_setting.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

std::string ErrorOf(const Result<OomSetting>& result) { return result ? "" : result.error().Text(); }

TEST(OomSetting, TakesEveryValueOfBothScales) {
  for (int value = -1000; value <= 1000; ++value) {
    const auto setting = ParseScoreAdj(std::to_string(value));
    ASSERT_TRUE(setting) << value;
    EXPECT_EQ(setting->score_adj, value);
    EXPECT_FALSE(setting->legacy);
  }
  for (int value = -17; value <= 15; ++value) {
    const auto setting = ParseLegacyAdj(std::to_string(value));
    ASSERT_TRUE(setting) << value;
    EXPECT_EQ(setting->legacy, value);
  }
  EXPECT_EQ(ParseLegacyAdj("-16")->score_adj, -941);
}

TEST(OomSetting, NamesTheScaleOfAValueOffIt) {
  EXPECT_EQ(ErrorOf(ParseLegacyAdj("16")), "16: oom_adj goes from -17 (never killed) to 15");
  EXPECT_EQ(ErrorOf(ParseLegacyAdj("-18")), "-18: oom_adj goes from -17 (never killed) to 15");
  EXPECT_EQ(ErrorOf(ParseScoreAdj("1001")), "1001: oom_score_adj goes from -1000 (never killed) to 1000");
  EXPECT_EQ(ErrorOf(ParseScoreAdj("99999999999999999999")),
            "99999999999999999999: oom_score_adj goes from -1000 (never "
            "killed) to 1000");
}

TEST(OomSetting, RefusesWhatIsNoNumber) {
  for (const char* text : {"abc", "0x", "0x10", "1e3", "1.5", " 5", "5 ", "+5", "-", "5\n"}) {
    EXPECT_EQ(ErrorOf(ParseScoreAdj(text)), std::string(text) +
                                                ": not a whole number; oom_score_adj goes from -1000 "
                                                "(never killed) to 1000");
    EXPECT_FALSE(ParseLegacyAdj(text)) << text;
  }
  EXPECT_EQ(ErrorOf(ParseLegacyAdj("")), "'': not a whole number; oom_adj goes from -17 (never killed) to 15");
}

TEST(DescribeChange, ShowsOldAndNewOnBothScales) {
  EXPECT_EQ(DescribeChange({42, "redis", 0, 300}, *ParseScoreAdj("300")),
            "pid 42 (redis): oom_score_adj changed from 0 to 300, oom_adj "
            "changed from 0 to 5");
  EXPECT_EQ(DescribeChange({42, "redis", 300, 300}, *ParseScoreAdj("300")),
            "pid 42 (redis): oom_score_adj stays 300, oom_adj stays 5");
}

TEST(DescribeChange, SaysWhenALegacyValueDoesNotReadBack) {
  EXPECT_EQ(DescribeChange({42, "sshd", 0, -941}, *ParseLegacyAdj("-16")),
            "pid 42 (sshd): oom_score_adj changed from 0 to -941, oom_adj "
            "changed from 0 to -15; -16 was asked for, is "
            "written as -941 and does not read back");
  for (const char* exact : {"-17", "0", "15"}) {
    const OomSetting setting = *ParseLegacyAdj(exact);
    EXPECT_EQ(DescribeChange({42, "x", 7, setting.score_adj}, setting).find("read back"), std::string::npos) << exact;
  }
}

TEST(DescribeChange, SaysWhenTheKernelKeptSomethingElse) {
  EXPECT_NE(DescribeChange({42, "x", 0, 7}, *ParseScoreAdj("9")).find("the kernel kept 7 where 9 was written"),
            std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
