#include "tools/model/series.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

using Values = std::vector<double>;

TEST(Series, TheNewestIsTheLastCell) {
  Series series(10);
  EXPECT_EQ(series.Cells(3), (Values{-1, -1, -1}));
  series.Add(100, 5);
  EXPECT_EQ(series.Cells(5), (Values{-1, -1, -1, -1, 5}));
  series.Add(104, 7);
  EXPECT_EQ(series.Cells(5), (Values{-1, -1, 5, 5, 7})) << "a gap has the value before it";
  EXPECT_EQ(series.Largest(), 7);
}

TEST(Series, ACellIsTheLargestOfItsSlice) {
  Series series(10);
  for (int i = 0; i < 10; ++i) series.Add(i, i % 2 == 0 ? 9 : i);
  EXPECT_EQ(series.Cells(2), (Values{9, 9}));
}

TEST(Series, ForgetsWhatIsOlderThanItsWindow) {
  Series series(10);
  series.Add(0, 100);
  series.Add(50, 1);
  series.Add(55, 2);
  EXPECT_EQ(series.Largest(), 2);
}

TEST(Series, BeginsAnewWhenTimeGoesBack) {
  Series series(10);
  series.Add(5, 100);
  series.Add(1, 1);
  EXPECT_EQ(series.Cells(1), Values{1});
}

TEST(Series, IsBounded) {
  Series series(1e9);
  for (int i = 0; i < 100000; ++i) series.Add(i, 1);
  EXPECT_EQ(series.Cells(10).size(), 10u);
  EXPECT_TRUE(series.Cells(0).empty());
}

}  // namespace
}  // namespace glassheap::tools
