#include "tools/view/svg.h"

#include <gtest/gtest.h>

#include <clocale>
#include <string>

namespace glassheap::tools {
namespace {

size_t Count(const std::string& text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

bool Has(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

// Every tag that is opened is closed in order; no '<', '&' or control character is left in text.
void ExpectWellFormed(const std::string& svg) {
  std::vector<std::string> open;
  for (size_t at = 0; at < svg.size();) {
    const auto c = static_cast<unsigned char>(svg[at]);
    ASSERT_TRUE(c >= 0x20 || c == '\n') << "control character at " << at;
    if (c == '&') {
      ASSERT_LT(svg.find(';', at) - at, 6u) << svg.substr(at, 20);
    }
    if (c != '<') {
      ++at;
      continue;
    }
    const size_t end = svg.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    ASSERT_EQ(Count(tag, "\"") % 2, 0u) << tag;
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(open.back(), tag.substr(1));
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    at = end + 1;
  }
  EXPECT_TRUE(open.empty());
}

TEST(Svg, ForeignTextCannotLeaveItsPlace) {
  Svg svg(100, 50, "<script>\"&'");
  svg.Text(1, 2, "</text><script>alert(1)</script>\x1b[2J\x01 \xff");
  svg.Rectangle(1, 1, 5, 5, svg_color::kBlue, "\"><b>");
  const std::string text = svg.Text();
  ExpectWellFormed(text);
  EXPECT_FALSE(Has(text, "<script"));
  EXPECT_FALSE(Has(text, "<b>"));
  EXPECT_TRUE(Has(text, "&lt;script&gt;&quot;&amp;"));
}

TEST(Svg, NumbersAreShortAndOfTheCLocale) {
  if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == nullptr) setlocale(LC_NUMERIC, "C");
  Svg svg(10.126, 1e300 * 1e300, "x");
  svg.Rectangle(0.5, 2.0, 1.0 / 3, 4, svg_color::kRed);
  setlocale(LC_NUMERIC, "C");
  const std::string text = svg.Text();
  EXPECT_TRUE(Has(text, "width=\"10.13\""));
  EXPECT_TRUE(Has(text, "x=\"0.5\" y=\"2\" width=\"0.33\" height=\"4\""));
  EXPECT_FALSE(Has(text, "inf"));
}

SvgChart Chart() {
  SvgChart chart;
  chart.title = "redis & co (4242)";
  chart.subtitle = "RSS 3.94Gi";
  chart.bars = {{"live", "2.61Gi", "66.2 %", "touched", 0, 0.662, svg_color::kBlue},
                {"central", "0.48Gi", "12.2 %", "", 0.662, 0.122, svg_color::kOrange},
                {"speck", "4.00Ki", "0.0 %", "", 1.0, 0.000001, svg_color::kRed},
                {"nothing", "0", "0.0 %", "", 0.784, 0, svg_color::kRed},
                {"too much", "9Gi", "900 %", "", -1, 9, svg_color::kGrey}};
  chart.remarks = {"unattributed 212Ki"};
  return chart;
}

TEST(BarsSvg, HasEveryRowAndRemark) {
  const std::string text = BarsSvg(Chart());
  ExpectWellFormed(text);
  for (const char* what : {"redis &amp; co (4242)", "RSS 3.94Gi", ">live<", ">2.61Gi<", ">66.2 %<", ">touched<",
                           ">central<", ">unattributed 212Ki<"}) {
    EXPECT_TRUE(Has(text, what)) << what;
  }
}

TEST(BarsSvg, BarsBeginWhereTheOthersEnded) {
  const std::string text = BarsSvg(Chart());
  EXPECT_TRUE(Has(text, "x=\"16\" y=\"77\" width=\"278.04\""));      // 0 to 0.662 of 420
  EXPECT_TRUE(Has(text, "x=\"294.04\" y=\"101\" width=\"51.24\""));  // from there
}

TEST(BarsSvg, APartThatIsThereIsSeenAndStaysInside) {
  const std::string text = BarsSvg(Chart());
  EXPECT_TRUE(Has(text, "x=\"435\" y=\"125\" width=\"1\""));   // the speck, within 16 .. 436
  EXPECT_FALSE(Has(text, "<title>nothing 0</title>"));         // nothing is not drawn
  EXPECT_TRUE(Has(text, "x=\"16\" y=\"173\" width=\"420\""));  // cut off
}

SvgGrid Grid() {
  SvgGrid grid;
  grid.title = "heap";
  grid.kinds = {{"live", svg_color::kBlue}, {"free", svg_color::kPale}};
  grid.columns = 4;
  grid.cells = {0, 0, 0, 1, 1, 9, 0};
  grid.row_labels = {"0x1000"};
  return grid;
}

TEST(GridSvg, RunsOfACellAreOneRectangle) {
  const std::string text = GridSvg(Grid());
  ExpectWellFormed(text);
  EXPECT_EQ(Count(text, "<title>live</title>"), 2u);  // three in row 0, one in row 1
  EXPECT_EQ(Count(text, "<title>free</title>"), 2u);
  EXPECT_TRUE(Has(text, "width=\"23\" height=\"7\""));
}

TEST(GridSvg, AnUnknownKindAndNoCellsAreNoTrouble) {
  SvgGrid grid = Grid();
  grid.cells = {200};
  ExpectWellFormed(GridSvg(grid));
  grid.cells.clear();
  grid.columns = 0;
  ExpectWellFormed(GridSvg(grid));
}

TEST(GridSvg, TheLegendNamesEachKind) {
  const std::string text = GridSvg(Grid());
  EXPECT_TRUE(Has(text, ">live</text>"));
  EXPECT_TRUE(Has(text, ">free</text>"));
}

}  // namespace
}  // namespace glassheap::tools
