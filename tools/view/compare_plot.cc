// Tested by tests/tools/view/compare_text_test.cc.

#include "tools/view/compare_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/view/compare_text.h"
#include "tools/view/svg.h"

namespace glassheap::tools {
namespace {

constexpr size_t kColumns = 56;
constexpr size_t kRows = 11;
constexpr double kMargin = 0.08;  // of an axis, beyond the points

// Room around the values, and some width even if all are the same.
void Widen(double& low, double& high) {
  const double span = std::max(high - low, high * 0.02);
  low = std::max(0.0, low - span * kMargin);
  high += span * kMargin;
  if (high <= low) high = low + 1;
}

size_t Cell(double part, size_t cells) {
  return std::min(cells - 1, static_cast<size_t>(std::max(0.0, part) * static_cast<double>(cells)));
}

// Points that share a cell are shown by the first one's mark; the legend has them all.
std::vector<std::string> Canvas(const PlotArea& area) {
  std::vector<std::string> rows(kRows, std::string(kColumns, ' '));
  for (auto point = area.points.rbegin(); point != area.points.rend(); ++point) {
    rows[kRows - 1 - Cell(area.Y(*point), kRows)][Cell(area.X(*point), kColumns)] = point->mark;
  }
  return rows;
}

}  // namespace

double PlotArea::X(const PlotPoint& point) const { return (point.seconds - min_seconds) / (max_seconds - min_seconds); }
double PlotArea::Y(const PlotPoint& point) const { return (point.bytes - min_bytes) / (max_bytes - min_bytes); }

PlotArea MakePlot(const Comparison& comparison) {
  PlotArea area;
  const CompareFigure& seconds = kCompareFigures[0];
  const auto bytes = std::ranges::find(kCompareFigures, FigureUnit::kBytes, &CompareFigure::unit);
  char mark = 'a';
  for (const AllocatorRuns& runs : comparison.allocators) {
    if (const auto time = SummaryOf(runs, seconds)) {
      area.points.push_back({runs.name, mark, time->median, SummaryOf(runs, *bytes)->median});
    }
    mark = mark == 'z' ? 'a' : static_cast<char>(mark + 1);
  }
  if (area.points.empty()) return area;
  const auto [left, right] = std::ranges::minmax(area.points, {}, &PlotPoint::seconds);
  const auto [low, high] = std::ranges::minmax(area.points, {}, &PlotPoint::bytes);
  area.min_seconds = left.seconds, area.max_seconds = right.seconds;
  area.min_bytes = low.bytes, area.max_bytes = high.bytes;
  Widen(area.min_seconds, area.max_seconds);
  Widen(area.min_bytes, area.max_bytes);
  return area;
}

std::string ComparePlot(const Comparison& comparison) {
  const PlotArea area = MakePlot(comparison);
  if (area.points.size() < 2) return "";
  std::string text = "  peak RSS against wall time: lower and further left is better; the axes do not begin at 0\n";
  const std::vector<std::string> rows = Canvas(area);
  for (size_t row = 0; row < rows.size(); ++row) {
    std::string label;
    if (row == 0) label = CompareValue(area.max_bytes, FigureUnit::kBytes);
    if (row + 1 == rows.size()) label = CompareValue(area.min_bytes, FigureUnit::kBytes);
    std::string line = fmt::format("  {:>8} |{}", label, rows[row]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  const std::string left = CompareValue(area.min_seconds, FigureUnit::kSeconds);
  text += fmt::format("  {:>8} +{}\n  {:>8}  {}{:>{}}\n   ", "", std::string(kColumns, '-'), "", left,
                      CompareValue(area.max_seconds, FigureUnit::kSeconds), kColumns - left.size());
  for (const PlotPoint& point : area.points) text += fmt::format(" {} {} ", point.mark, point.name);
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string CompareSvg(const Comparison& comparison) {
  constexpr double kWidth = 760, kHeight = 460, kLeft = 90, kTop = 60, kPlotWidth = 500, kPlotHeight = 340;
  constexpr const char* kColors[] = {svg_color::kBlue, svg_color::kOrange, svg_color::kGreen,  svg_color::kPink,
                                     svg_color::kRed,  svg_color::kSky,    svg_color::kYellow, svg_color::kGrey};
  Svg svg(kWidth, kHeight, "allocators compared: " + comparison.command);
  svg.Text(20, 24, comparison.command.substr(0, 80), {.size = 15, .bold = true});
  svg.Text(20, 44,
           fmt::format("median of {} rounds; lower and further left is better; the axes do not begin at 0",
                       comparison.rounds));
  svg.Rectangle(kLeft, kTop, 1, kPlotHeight, svg_color::kGrey);
  svg.Rectangle(kLeft, kTop + kPlotHeight, kPlotWidth, 1, svg_color::kGrey);
  const PlotArea area = MakePlot(comparison);
  for (size_t i = 0; i < area.points.size(); ++i) {
    const PlotPoint& point = area.points[i];
    const char* color = kColors[i % std::size(kColors)];
    const std::string figures =
        CompareValue(point.seconds, FigureUnit::kSeconds) + ", " + CompareValue(point.bytes, FigureUnit::kBytes);
    const double x = kLeft + area.X(point) * kPlotWidth, y = kTop + (1 - area.Y(point)) * kPlotHeight;
    svg.Rectangle(x - 5, y - 5, 10, 10, color, point.name + ": " + figures);
    const double row = kTop + 10 + static_cast<double>(i) * 36;
    svg.Rectangle(kLeft + kPlotWidth + 20, row, 12, 12, color);
    svg.Text(kLeft + kPlotWidth + 38, row + 11, point.name, {.bold = true});
    svg.Text(kLeft + kPlotWidth + 38, row + 26, figures, {.size = 11});
  }
  if (!area.points.empty()) {
    svg.Text(kLeft - 8, kTop + 10, CompareValue(area.max_bytes, FigureUnit::kBytes), {.at_end = true});
    svg.Text(kLeft - 8, kTop + kPlotHeight, CompareValue(area.min_bytes, FigureUnit::kBytes), {.at_end = true});
    svg.Text(kLeft, kTop + kPlotHeight + 20, CompareValue(area.min_seconds, FigureUnit::kSeconds));
    svg.Text(kLeft + kPlotWidth, kTop + kPlotHeight + 20, CompareValue(area.max_seconds, FigureUnit::kSeconds),
             {.at_end = true});
  }
  svg.Text(20, kTop + 30, "peak RSS", {.size = 11});
  svg.Text(kLeft + kPlotWidth / 2 - 30, kTop + kPlotHeight + 20, "wall time", {.size = 11});
  return svg.Text();
}

}  // namespace glassheap::tools
