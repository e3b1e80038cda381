#include "tools/model/compare.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

AllocatorRuns Runs(const std::string& name, const std::vector<double>& walls) {
  AllocatorRuns runs;
  runs.name = name;
  for (const double wall : walls) {
    RunFigures figures;
    figures.wall_seconds = wall;
    figures.per_second = 100 / wall;
    runs.rounds.push_back(figures);
  }
  return runs;
}

TEST(Compare, SummaryOfOddAndEvenRounds) {
  const FigureSummary odd = Summarize({3, 1, 2});
  EXPECT_EQ(odd.min, 1);
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.max, 3);
  EXPECT_EQ(odd.deviation, 1);
  EXPECT_EQ(odd.rounds, 3u);
  const FigureSummary even = Summarize({4, 1, 2, 100});
  EXPECT_EQ(even.median, 3);
  EXPECT_EQ(even.deviation, 1.5);  // of 1, 1, 2, 97
  EXPECT_EQ(Summarize({7}).median, 7);
}

TEST(Compare, ADifferenceCountsWhenItIsMoreThanTheScatter) {
  const FigureSummary a = Summarize({1.00, 1.01, 1.02, 1.03, 1.04});
  const FigureSummary near = Summarize({1.01, 1.02, 1.03, 1.04, 1.05});
  const FigureSummary far = Summarize({1.20, 1.21, 1.22, 1.23, 1.24});
  EXPECT_TRUE(WithinNoise(a, near));
  EXPECT_FALSE(WithinNoise(a, far));
  EXPECT_TRUE(WithinNoise(a, a));
  EXPECT_TRUE(WithinNoise(Summarize({1, 1}), Summarize({2, 2})));  // of two rounds nothing is known
  EXPECT_FALSE(WithinNoise(Summarize({1, 1, 1}), Summarize({2, 2, 2})));
}

TEST(Compare, OneOutlierMovesNothing) {
  const FigureSummary a = Summarize({1.00, 1.01, 1.02, 1.03, 9.0});
  EXPECT_FALSE(WithinNoise(a, Summarize({1.20, 1.21, 1.22, 1.23, 1.24})));
}

TEST(Compare, TheBestIsTheLowestTimeAndTheHighestRate) {
  Comparison comparison;
  comparison.allocators = {Runs("none", {}), Runs("slow", {2, 2, 2}), Runs("fast", {1, 1, 1})};
  EXPECT_EQ(BestOf(comparison, kCompareFigures[0])->median, 1);
  const CompareFigure& rate = kCompareFigures[std::size(kCompareFigures) - 1];
  ASSERT_TRUE(rate.more_is_better);
  EXPECT_EQ(BestOf(comparison, rate)->median, 100);
  EXPECT_FALSE(SummaryOf(comparison.allocators[0], rate));
  comparison.allocators.resize(1);
  EXPECT_FALSE(BestOf(comparison, rate));
}

}  // namespace
}  // namespace glassheap::tools
