#include "tools/model/oom.h"

#include <gtest/gtest.h>

#include <set>

namespace glassheap::tools {
namespace {

constexpr OomScope kMachine{.total_pages = 6171021};  // 23.5 GiB, no swap

OomTerms Idle(int adj) { return {.rss = 1684 * 1024, .page_tables = 40 * 1024, .score_adj = adj}; }

int64_t ScoreOf(const OomTerms& terms) { return OomScore(OomBadnessPages(terms, kMachine), kMachine); }

TEST(OomBadness, AddsResidentSwappedAndPageTables) {
  const OomTerms terms{.rss = 100 * 4096, .swap = 20 * 4096, .page_tables = 3 * 4096 + 4095};
  EXPECT_EQ(OomBadnessPages(terms, kMachine), 123);
}

TEST(OomBadness, TheTotalIsDividedFirst) {
  const OomScope scope{.total_pages = 1999};
  EXPECT_EQ(OomBadnessPages({.rss = 0, .score_adj = 999}, scope), 999) << "1999 / 1000 is 1";
  EXPECT_EQ(OomBadnessPages({.rss = 0, .score_adj = 999}, {.total_pages = 999}), 0);
}

TEST(OomBadness, NegativeAdjustmentsGoBelowZero) {
  EXPECT_EQ(OomBadnessPages(Idle(-500), kMachine), 421 + 10 - 500 * 6171);
}

TEST(OomBadness, SomeAreNeverKilled) {
  EXPECT_FALSE(OomBadnessPages(Idle(-1000), kMachine));
  EXPECT_TRUE(OomBadnessPages(Idle(-999), kMachine));
  OomTerms kernel = Idle(0);
  kernel.unkillable = true;
  EXPECT_FALSE(OomBadnessPages(kernel, kMachine));
  EXPECT_FALSE(OomBadnessPages({.score_adj = 1000}, kMachine)) << "a zombie";
}

// Measured with an idle sleep on a machine of 23.5 GiB.
TEST(OomScore, AsTheKernelPrintsIt) {
  EXPECT_EQ(ScoreOf(Idle(0)), 666);
  EXPECT_EQ(ScoreOf(Idle(1)), 667);
  EXPECT_EQ(ScoreOf(Idle(58)), 705);
  EXPECT_EQ(ScoreOf(Idle(500)), 1000);
  EXPECT_EQ(ScoreOf(Idle(999)), 1332);
  EXPECT_EQ(ScoreOf(Idle(1000)), 1333);
  EXPECT_EQ(ScoreOf(Idle(-1000)), 0);
  EXPECT_EQ(ScoreOf(Idle(-500)), 334);
}

TEST(OomScore, RunsUpToTwoThousand) {
  EXPECT_EQ(ScoreOf({.rss = kMachine.total_pages * 4096, .score_adj = 1000}), 1999);
  EXPECT_EQ(OomScore(0, OomScope{}), 0) << "a machine without memory divides by nothing";
}

TEST(OomRule, ByTheRelease) {
  for (const char* release : {"5.9.0", "5.10.0-8-amd64", "6.18.44-fc", "", "x", "6", "nonsense.9"}) {
    EXPECT_EQ(OomRuleOf(release), OomRule::kSince5_9) << release;
  }
  for (const char* release : {"4.19.0-27-amd64", "5.8.18", "3.10.0-1160.el7.x86_64", "5.4"}) {
    EXPECT_EQ(OomRuleOf(release), OomRule::kBefore5_9) << release;
  }
}

TEST(OomRule, ExactCountsByTheRelease) {
  for (const char* release : {"6.16.0", "6.18.44-fc", "7.0"}) EXPECT_TRUE(CountsExactly(release)) << release;
  for (const char* release : {"6.15.9", "5.16.0", "", "6", "x"}) EXPECT_FALSE(CountsExactly(release)) << release;
}

TEST(OomRule, BeforeLinux5_9) {
  const OomScope old{.total_pages = 6171021, .rule = OomRule::kBefore5_9};
  EXPECT_EQ(OomBadnessPages(Idle(-500), old), 1) << "nothing is less than a page";
  EXPECT_EQ(OomScore(OomBadnessPages(Idle(0), old), old), 0);
  EXPECT_EQ(OomScore(OomBadnessPages(Idle(500), old), old), 500);
  EXPECT_FALSE(OomBadnessPages(Idle(-1000), old));
}

TEST(OomAdjustment, WeighsThousandthsOfTheMachine) {
  EXPECT_EQ(OomAdjustmentBytes(100, kMachine), int64_t{617100} * 4096);
  EXPECT_EQ(OomAdjustmentBytes(-1, kMachine), int64_t{-6171} * 4096);
}

// All 33 values, written to a kernel and read back there.
struct Legacy {
  int oom_adj;
  int score_adj;
  int reads_back;
};

constexpr Legacy kLegacy[] = {
    {-17, -1000, -17}, {-16, -941, -15}, {-15, -882, -14}, {-14, -823, -13}, {-13, -764, -12}, {-12, -705, -11},
    {-11, -647, -10},  {-10, -588, -9},  {-9, -529, -8},   {-8, -470, -7},   {-7, -411, -6},   {-6, -352, -5},
    {-5, -294, -4},    {-4, -235, -3},   {-3, -176, -2},   {-2, -117, -1},   {-1, -58, 0},     {0, 0, 0},
    {1, 58, 0},        {2, 117, 1},      {3, 176, 2},      {4, 235, 3},      {5, 294, 4},      {6, 352, 5},
    {7, 411, 6},       {8, 470, 7},      {9, 529, 8},      {10, 588, 9},     {11, 647, 10},    {12, 705, 11},
    {13, 764, 12},     {14, 823, 13},    {15, 1000, 15},
};

TEST(OomAdj, AllLegacyValuesMapAsTheKernelMapsThem) {
  std::set<int> seen;
  for (const Legacy& row : kLegacy) {
    EXPECT_EQ(ScoreAdjFromLegacy(row.oom_adj), row.score_adj) << row.oom_adj;
    EXPECT_EQ(LegacyFromScoreAdj(row.score_adj), row.reads_back) << row.oom_adj;
    seen.insert(row.oom_adj);
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(kOomAdjMax - kOomAdjMin + 1));
}

TEST(OomAdj, BandsOfTheNewScale) {
  struct Band {
    int first, last, oom_adj;
  };
  for (const Band& band : {Band{-58, 58, 0},
                           {59, 117, 1},
                           {471, 529, 8},
                           {824, 882, 14},
                           {883, 1000, 15},
                           {-999, -942, -16},
                           {-1000, -1000, -17}}) {
    EXPECT_EQ(LegacyFromScoreAdj(band.first), band.oom_adj) << band.first;
    EXPECT_EQ(LegacyFromScoreAdj(band.last), band.oom_adj) << band.last;
  }
}

}  // namespace
}  // namespace glassheap::tools
