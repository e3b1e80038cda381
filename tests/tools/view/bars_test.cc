#include "tools/view/bars.h"

#include <gtest/gtest.h>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

std::string BarText(uint64_t used, uint64_t cache, uint64_t total, size_t width, Glyphs glyphs = Glyphs::kAscii) {
  return PlainText(
      Bar("Mem", {{used, Style::kUsed, "|", "█"}, {cache, Style::kCache, ":", "▒"}}, total, "5/10", width, glyphs));
}

TEST(Bar, DrawsItsParts) {
  EXPECT_EQ(BarText(5, 2, 10, 21), "Mem [|||||::    5/10]");
  EXPECT_EQ(BarText(0, 0, 10, 21), "Mem [           5/10]");
  EXPECT_EQ(BarText(10, 0, 10, 21), "Mem [|||||||||| 5/10]");
  EXPECT_EQ(BarText(5, 2, 10, 21, Glyphs::kUnicode), "Mem [█████▒▒    5/10]");
}

TEST(Bar, NeverLeavesItsFrame) {
  EXPECT_EQ(BarText(10, 10, 10, 21), "Mem [|||||||||| 5/10]");
  EXPECT_EQ(BarText(UINT64_MAX, 3, 10, 21).size(), 21u);
  EXPECT_EQ(BarText(3, 3, 0, 21), "Mem [           5/10]") << "no swap";
  EXPECT_EQ(BarText(5, 2, 10, 3), "Mem [ 5/10]") << "the figures are the last to go";
}

TEST(PlainBar, ShowsSomethingOfWhatIsNotNothing) {
  EXPECT_EQ(PlainBar(0, 100, 10, Glyphs::kAscii), "");
  EXPECT_EQ(PlainBar(1, 100, 10, Glyphs::kAscii), "#");
  EXPECT_EQ(PlainBar(50, 100, 10, Glyphs::kAscii), "#####");
  EXPECT_EQ(PlainBar(55, 100, 10, Glyphs::kUnicode), "█████▌");
  EXPECT_EQ(PlainBar(1, 1000, 10, Glyphs::kUnicode), "▏");
  EXPECT_EQ(DisplayWidth(PlainBar(UINT64_MAX, 1, 10, Glyphs::kUnicode)), 10u) << "more than all of it";
  EXPECT_EQ(PlainBar(5, 0, 10, Glyphs::kAscii), "#") << "of nothing";
  EXPECT_EQ(PlainBar(5, 10, 0, Glyphs::kAscii), "");
}

TEST(Sparkline, OneCharacterForEachValue) {
  EXPECT_EQ(Sparkline({0, 50, 100, 500}, 100, Glyphs::kUnicode), "▁▅██");
  EXPECT_EQ(Sparkline({0, 50, 100, -1}, 100, Glyphs::kAscii), "_=# ");
  EXPECT_EQ(Sparkline({1, 2}, 0, Glyphs::kAscii), "__") << "of nothing";
}

}  // namespace
}  // namespace glassheap::tools
