// Tested by tests/tools/view/compare_text_test.cc.

#include "tools/view/compare_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tools/view/compare_plot.h"
#include "tools/view/sanitize.h"
#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr size_t kMaxCommand = 60;
constexpr size_t kBarWidth = 20;

std::string OneLine(std::string command) {
  for (char& c : command) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return FitWidth(SanitizeText(command), kMaxCommand);
}

// "1.07x", with "~" where the difference to the best may be chance.
std::string Ratio(const FigureSummary& one, const FigureSummary& best, const CompareFigure& figure) {
  const double low = figure.more_is_better ? one.median : best.median;
  const double high = figure.more_is_better ? best.median : one.median;
  const std::string ratio = low > 0 ? fmt::format("{:.2f}x", high / low) : (high > 0 ? "-" : "1.00x");
  if (one.median == best.median) return ratio + "  ";
  return ratio + (WithinNoise(one, best) ? " ~" : "  ");
}

std::string Bar(double value, double most) {
  if (value <= 0 || most <= 0) return "";
  const auto marks = static_cast<size_t>(value / most * kBarWidth + 0.5);
  return std::string(std::clamp<size_t>(marks, 1, kBarWidth), '#');
}

double Most(const Comparison& comparison, const CompareFigure& figure) {
  double most = 0;
  for (const AllocatorRuns& runs : comparison.allocators) {
    if (const auto summary = SummaryOf(runs, figure)) most = std::max(most, summary->median);
  }
  return most;
}

// min to max, in parts of the median.
std::string Spread(const FigureSummary& summary) {
  if (summary.median <= 0) return "-";
  return fmt::format("{:.1f} %", (summary.max - summary.min) / summary.median * 100);
}

void AddFigure(Table& table, const Comparison& comparison, const CompareFigure& figure, const std::string& label) {
  const std::optional<FigureSummary> best = BestOf(comparison, figure);
  if (!best) return;
  table.AddRow({label});
  for (const AllocatorRuns& runs : comparison.allocators) {
    const std::optional<FigureSummary> one = SummaryOf(runs, figure);
    if (!one) continue;
    table.AddRow({"  " + runs.name, CompareValue(one->median, figure.unit),
                  CompareValue(figure.more_is_better ? one->max : one->min, figure.unit), Spread(*one),
                  Ratio(*one, *best, figure), Bar(one->median, Most(comparison, figure))});
  }
}

std::string FiguresTable(const Comparison& comparison) {
  Table table({{"", Align::kLeft}, {"MEDIAN"}, {"BEST RUN"}, {"SPREAD"}, {"RATIO  "}, {"", Align::kLeft, kBarWidth}},
              {.indent = "  "});
  std::string all_zero;
  for (const CompareFigure& figure : kCompareFigures) {
    if (figure.unit == FigureUnit::kRate && !comparison.rate_name) continue;
    if (Most(comparison, figure) == 0) {
      all_zero += (all_zero.empty() ? "  none: " : ", ") + std::string(figure.label);
      continue;
    }
    AddFigure(table, comparison, figure,
              figure.unit == FigureUnit::kRate ? SanitizeText(*comparison.rate_name) + " per second" : figure.label);
  }
  return table.Text() + (all_zero.empty() ? "" : all_zero + "\n");
}

// "~: ..." only when the mark was used.
std::string Legend(const std::string& table) {
  if (table.find(" ~") == std::string::npos) return "";
  return "  ~: within noise of the best (less than two standard errors apart; with fewer than 3 rounds, always)\n";
}

std::string Problems(const Comparison& comparison) {
  std::string text;
  for (const AllocatorRuns& runs : comparison.allocators) {
    if (runs.failed()) {
      text += fmt::format("  {}: failed {} of {} runs: {}\n", runs.name, runs.failures,
                          runs.failures + runs.rounds.size(), SanitizeText(runs.why));
    }
    if (runs.output_differs) text += "  " + runs.name + ": printed something else than the first run\n";
  }
  return text;
}

size_t FewestRounds(const Comparison& comparison) {
  size_t fewest = comparison.rounds;
  for (const AllocatorRuns& runs : comparison.allocators) {
    if (!runs.failed()) fewest = std::min(fewest, runs.rounds.size());
  }
  return fewest;
}

// "3 whole rounds".
std::string Rounds(size_t count, const char* which = "") {
  return fmt::format("{} {}{}", count, which, count == 1 ? "round" : "rounds");
}

}  // namespace

std::string CompareValue(double value, FigureUnit unit) {
  switch (unit) {
    case FigureUnit::kSeconds:
      if (value < 0.1) return fmt::format("{:.1f} ms", value * 1e3);  // three digits still
      return value < 10 ? fmt::format("{:.3f} s", value) : fmt::format("{:.1f} s", value);
    case FigureUnit::kBytes:
      return FineBytes(static_cast<uint64_t>(value));
    case FigureUnit::kCount:
      return fmt::format("{:.0f}", value);
    case FigureUnit::kRate:
      return fmt::format("{:.6g}", value);
  }
  return "";
}

std::string CompareText(const Comparison& comparison) {
  std::string head =
      OneLine(comparison.command) + fmt::format("   {}, interleaved, after a warm-up\n", Rounds(comparison.rounds));
  if (comparison.interrupted) {
    const size_t whole = FewestRounds(comparison);
    head += fmt::format("  stopped: {} {} measured\n", Rounds(whole, "whole "), whole == 1 ? "was" : "were");
  }
  if (!BestOf(comparison, kCompareFigures[0])) return head + Problems(comparison) + "  nothing was measured\n";
  const std::string table = FiguresTable(comparison);
  return head + Problems(comparison) + table + Legend(table) + ComparePlot(comparison);
}

}  // namespace glassheap::tools
