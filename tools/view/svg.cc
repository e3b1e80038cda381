// Tested by tests/tools/view/svg_test.cc.

#include "tools/view/svg.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

constexpr double kMargin = 16;
constexpr double kTitleSize = 18;
constexpr double kTextSize = 13;
constexpr double kRow = 24;
constexpr double kCharacter = 0.6;  // its width, of its size

// "12.5": C's decimal point whatever the locale, and no more digits than a pixel needs.
std::string Number(double value) {
  if (!std::isfinite(value)) return "0";
  char digits[64];
  const double rounded = std::round(value * 100) / 100;
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, rounded, std::chars_format::fixed, 2);
  if (error != std::errc()) return "0";
  std::string text(digits, end);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string Escape(std::string_view foreign) {
  std::string escaped;
  for (const char c : SanitizeText(foreign)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string Attribute(const char* name, std::string_view value) {
  return " " + std::string(name) + "=\"" + Escape(value) + "\"";
}

std::string Attribute(const char* name, double value) { return Attribute(name, Number(value)); }

double TextWidth(std::string_view text, double size) {
  return static_cast<double>(DisplayWidth(SanitizeText(text))) * size * kCharacter;
}

// Of the widest of one field of all bars.
double WidthOf(const std::vector<SvgBar>& bars, std::string SvgBar::*field) {
  double width = 0;
  for (const SvgBar& bar : bars) width = std::max(width, TextWidth(bar.*field, kTextSize));
  return width;
}

// Where the columns of a chart begin; figures and shares end at theirs.
struct ChartColumns {
  static constexpr double kBars = 420;
  double bars = kMargin;
  double labels;
  double figures_end;
  double shares_end;
  double notes;
  double width;

  explicit ChartColumns(const SvgChart& chart) {
    labels = bars + kBars + kMargin;
    figures_end = labels + WidthOf(chart.bars, &SvgBar::label) + kMargin + WidthOf(chart.bars, &SvgBar::figure);
    shares_end = figures_end + kMargin + WidthOf(chart.bars, &SvgBar::share);
    notes = shares_end + kMargin;
    width = notes + WidthOf(chart.bars, &SvgBar::note) + kMargin;
    width = std::max(width, TextWidth(chart.title, kTitleSize) + 2 * kMargin);
    width = std::max(width, TextWidth(chart.subtitle, kTextSize) + 2 * kMargin);
    for (const std::string& remark : chart.remarks) {
      width = std::max(width, TextWidth(remark, kTextSize) + 2 * kMargin);
    }
  }
};

void DrawHeading(Svg& svg, const std::string& title, const std::string& subtitle) {
  svg.Text(kMargin, kMargin + kTitleSize, title, {.size = kTitleSize, .bold = true});
  svg.Text(kMargin, kMargin + kTitleSize + kRow, subtitle, {.color = svg_color::kGrey});
}

constexpr double kHeadingHeight = kMargin + kTitleSize + kRow + kMargin;

void DrawBar(Svg& svg, const ChartColumns& columns, const SvgBar& bar, double y) {
  const double begin = std::clamp(bar.begin, 0.0, 1.0);
  const double end = std::clamp(bar.begin + bar.length, begin, 1.0);
  const double baseline = y + kRow * 0.68;
  // A part that is there is seen, however small.
  const double least = bar.length > 0 ? 1 : 0;
  const double width = std::max((end - begin) * columns.kBars, least);
  const double x = std::min(begin * columns.kBars, columns.kBars - least);
  svg.Rectangle(columns.bars, y + 3, columns.kBars, kRow - 6, svg_color::kPale);
  svg.Rectangle(columns.bars + x, y + 3, width, kRow - 6, bar.color, bar.label + " " + bar.figure);
  svg.Text(columns.labels, baseline, bar.label);
  svg.Text(columns.figures_end, baseline, bar.figure, {.bold = true, .at_end = true});
  svg.Text(columns.shares_end, baseline, bar.share, {.at_end = true});
  svg.Text(columns.notes, baseline, bar.note, {.color = svg_color::kGrey});
}

constexpr double kCell = 8;

double LabelsWidth(const SvgGrid& grid) {
  double width = 0;
  for (const std::string& label : grid.row_labels) width = std::max(width, TextWidth(label, kCell + 2));
  return width > 0 ? width + kMargin : 0;
}

double LegendWidth(const SvgGrid& grid) {
  double width = 0;
  for (const SvgCellKind& kind : grid.kinds) width += kRow + TextWidth(kind.label, kTextSize) + kMargin;
  return width;
}

void DrawLegend(Svg& svg, const SvgGrid& grid, double y) {
  double x = kMargin;
  for (const SvgCellKind& kind : grid.kinds) {
    svg.Rectangle(x, y, kTextSize, kTextSize, kind.color);
    svg.Text(x + kRow, y + kTextSize - 2, kind.label);
    x += kRow + TextWidth(kind.label, kTextSize) + kMargin;
  }
}

// Neighbours of one kind are one rectangle: a map of a million pages is mostly long runs.
void DrawCells(Svg& svg, const SvgGrid& grid, std::span<const uint8_t> row, double x, double y) {
  for (size_t begin = 0; begin < row.size();) {
    size_t end = begin;
    while (end < row.size() && row[end] == row[begin]) ++end;
    if (row[begin] < grid.kinds.size()) {
      const SvgCellKind& kind = grid.kinds[row[begin]];
      svg.Rectangle(x + static_cast<double>(begin) * kCell, y, static_cast<double>(end - begin) * kCell - 1, kCell - 1,
                    kind.color, kind.label);
    }
    begin = end;
  }
}

}  // namespace

Svg::Svg(double width, double height, std::string_view title) {
  const std::string size = Attribute("width", width) + Attribute("height", height);
  head_ = "<svg xmlns=\"http://www.w3.org/2000/svg\"" + size +
          Attribute("viewBox", "0 0 " + Number(width) + " " + Number(height)) +
          " role=\"img\" font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\">\n<title>" +
          Escape(title) + "</title>\n";
  Rectangle(0, 0, width, height, svg_color::kWhite);
}

void Svg::Text(double x, double y, std::string_view text, const SvgText& style) {
  if (text.empty()) return;
  body_ += "<text" + Attribute("x", x) + Attribute("y", y) + Attribute("font-size", style.size) +
           Attribute("fill", style.color) + (style.bold ? " font-weight=\"bold\"" : "") +
           (style.at_end ? " text-anchor=\"end\"" : "") + " xml:space=\"preserve\">" + Escape(text) + "</text>\n";
}

void Svg::Rectangle(double x, double y, double width, double height, const char* color, std::string_view tip) {
  if (!(width > 0) || !(height > 0)) return;
  body_ += "<rect" + Attribute("x", x) + Attribute("y", y) + Attribute("width", width) + Attribute("height", height) +
           Attribute("fill", color);
  body_ += tip.empty() ? "/>\n" : "><title>" + Escape(tip) + "</title></rect>\n";
}

std::string Svg::Text() const { return head_ + body_ + "</svg>\n"; }

std::string BarsSvg(const SvgChart& chart) {
  const ChartColumns columns(chart);
  const auto rows = static_cast<double>(chart.bars.size() + chart.remarks.size());
  Svg svg(columns.width, kHeadingHeight + rows * kRow + kMargin, chart.title);
  DrawHeading(svg, chart.title, chart.subtitle);
  double y = kHeadingHeight;
  for (const SvgBar& bar : chart.bars) {
    DrawBar(svg, columns, bar, y);
    y += kRow;
  }
  for (const std::string& remark : chart.remarks) {
    y += kRow;
    svg.Text(kMargin, y, remark, {.color = svg_color::kGrey});
  }
  return svg.Text();
}

std::string GridSvg(const SvgGrid& grid) {
  const size_t columns = std::max<size_t>(grid.columns, 1);
  const size_t rows = (grid.cells.size() + columns - 1) / columns;
  const double labels = LabelsWidth(grid);
  const double widest = std::max({labels + static_cast<double>(columns) * kCell, LegendWidth(grid),
                                  TextWidth(grid.title, kTitleSize), TextWidth(grid.subtitle, kTextSize)});
  const double top = kHeadingHeight + kRow;
  Svg svg(widest + 2 * kMargin, top + static_cast<double>(rows) * kCell + kMargin, grid.title);
  DrawHeading(svg, grid.title, grid.subtitle);
  DrawLegend(svg, grid, kHeadingHeight - kMargin / 2);
  for (size_t row = 0; row < rows; ++row) {
    const double y = top + static_cast<double>(row) * kCell;
    const std::span<const uint8_t> cells =
        std::span(grid.cells).subspan(row * columns, std::min(columns, grid.cells.size() - row * columns));
    if (row < grid.row_labels.size()) {
      svg.Text(kMargin, y + kCell - 1, grid.row_labels[row], {.size = kCell + 2, .color = svg_color::kGrey});
    }
    DrawCells(svg, grid, cells, kMargin + labels, y);
  }
  return svg.Text();
}

}  // namespace glassheap::tools
