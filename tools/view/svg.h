// Pictures to paste into a ticket: a document of rectangles and text, and the two drawings that several commands share,
// bars with figures and a grid of cells.
//
// Units are pixels, from the top left corner. Text may be foreign: it is sanitized and escaped here. The document stands
// alone: no script, no link, no font to fetch; it has a white ground, so that it can be read on any page. Numbers are
// printed with at most two decimals in any locale.
//
// A document is a value: build it, then take Text().

#ifndef GLASSHEAP_TOOLS_VIEW_SVG_H_
#define GLASSHEAP_TOOLS_VIEW_SVG_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace glassheap::tools {

// Told apart by the colour-blind too (Okabe and Ito, Color Universal Design, 2008), and greys.
namespace svg_color {
inline constexpr char kBlue[] = "#0072b2";
inline constexpr char kSky[] = "#56b4e9";
inline constexpr char kGreen[] = "#009e73";
inline constexpr char kYellow[] = "#f0e442";
inline constexpr char kOrange[] = "#e69f00";
inline constexpr char kRed[] = "#d55e00";
inline constexpr char kPink[] = "#cc79a7";
inline constexpr char kDark[] = "#222222";
inline constexpr char kGrey[] = "#8c8c8c";
inline constexpr char kPale[] = "#e4e4e4";
inline constexpr char kWhite[] = "#ffffff";
}  // namespace svg_color

struct SvgText {
  double size = 13;
  const char* color = svg_color::kDark;
  bool bold = false;
  bool at_end = false;  // x is where the text ends
};

class Svg {
 public:
  // title: what a screen reader says, and a browser's tab.
  Svg(double width, double height, std::string_view title);

  // y is the baseline. About 0.6 x size a character wide: the font is monospaced.
  void Text(double x, double y, std::string_view text, const SvgText& style = {});

  // tip: shown where the mouse rests; empty for none. Nothing is drawn without a width or height.
  void Rectangle(double x, double y, double width, double height, const char* color, std::string_view tip = {});

  // The whole document, ended by '\n'.
  std::string Text() const;

 private:
  std::string head_;
  std::string body_;
};

// A row: a bar that begins where the rows before it ended, so that together they add up to the whole.
struct SvgBar {
  std::string label;
  std::string figure;  // "2.61Gi"
  std::string share;   // "66.2 %"
  std::string note;    // what it is, where the label does not say
  double begin = 0;    // parts of the whole, 0 to 1; what is outside is cut off
  double length = 0;
  const char* color = svg_color::kBlue;
};

struct SvgChart {
  std::string title;
  std::string subtitle;
  std::vector<SvgBar> bars;
  std::vector<std::string> remarks;  // lines below
};

std::string BarsSvg(const SvgChart& chart);

// One kind of cell, and its line in the legend.
struct SvgCellKind {
  std::string label;
  const char* color;
};

struct SvgGrid {
  std::string title;
  std::string subtitle;
  std::vector<SvgCellKind> kinds;
  std::vector<uint8_t> cells;           // row by row; indexes of kinds, others are not drawn
  size_t columns = 128;                 // at least 1
  std::vector<std::string> row_labels;  // before each row; missing ones are empty
};

std::string GridSvg(const SvgGrid& grid);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_SVG_H_
