#include "tools/view/screen.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(Screen, StartsBlank) { EXPECT_EQ(Screen(3, 2).Text(), "\n\n"); }

TEST(Screen, PutsTextAndStyle) {
  Screen screen(10, 1);
  screen.Put(0, 2, "abc", Style::kStrong);
  EXPECT_EQ(screen.Text(), "  abc\n");
  EXPECT_EQ(screen.At(0, 2).style, Style::kStrong);
  EXPECT_EQ(screen.At(0, 5).style, Style::kPlain);
}

TEST(Screen, CutsAtItsEdges) {
  Screen screen(4, 1);
  screen.Put(0, 2, "abcdef");
  screen.Put(1, 0, "below");
  screen.Put(0, 9, "beside");
  EXPECT_EQ(screen.Text(), "  ab\n");
}

TEST(Screen, AWideCharacterTakesTwoCellsAndIsNeverHalved) {
  Screen screen(5, 1);
  screen.Put(0, 0, "日本語");
  EXPECT_EQ(screen.Text(), "日本\n");
  EXPECT_EQ(screen.At(0, 1).text, "");
  EXPECT_EQ(screen.At(0, 4).text, " ");
}

TEST(Screen, AWideCharacterThatIsHalfWrittenOverBecomesABlank) {
  Screen screen(6, 1);
  screen.Put(0, 0, "日本語");
  screen.Put(0, 1, "x");
  EXPECT_EQ(screen.Text(), " x本語\n");
  screen.Put(0, 2, "y");
  EXPECT_EQ(screen.Text(), " xy 語\n");
  screen.Put(0, 3, "国");
  EXPECT_EQ(screen.Text(), " xy国\n");
}

TEST(Screen, MarksStayWithAWideCharacterAndAreFew) {
  Screen screen(4, 1);
  std::string text = "日";
  for (int i = 0; i < 100; ++i) text += "\u0301";
  screen.Put(0, 0, text + "x");
  EXPECT_LE(screen.At(0, 0).text.size(), 16u);
  EXPECT_EQ(screen.At(0, 1).text, "");
  EXPECT_EQ(screen.At(0, 2).text, "x");
}

TEST(Screen, ACombiningMarkStaysWithItsCharacter) {
  Screen screen(3, 1);
  screen.Put(0, 0, "e\u0301x");
  EXPECT_EQ(screen.At(0, 0).text, "e\u0301");
  EXPECT_EQ(screen.At(0, 1).text, "x");
}

TEST(Screen, AMarkOfNothingIsDropped) {
  Screen screen(3, 1);
  screen.Put(0, 0, "\u0301x");
  EXPECT_EQ(screen.Text(), "x\n");
}

TEST(Screen, OfNoSizeTakesNothing) {
  Screen screen(0, 0);
  screen.Put(0, 0, "x");
  screen.Fill(0, Style::kStrong);
  EXPECT_EQ(screen.Text(), "");
}

TEST(Screen, LinesOfStyledText) {
  Screen screen(8, 1);
  const StyledLine line = {{"日", Style::kUsed}, {"ab", Style::kSwap}};
  screen.Put(0, 1, line);
  EXPECT_EQ(DisplayWidth(line), 4u);
  EXPECT_EQ(PlainText(line), "日ab");
  EXPECT_EQ(screen.At(0, 3).style, Style::kSwap);
  EXPECT_EQ(screen.Text(), " 日ab\n");
}

}  // namespace
}  // namespace glassheap::tools
