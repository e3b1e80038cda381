// Tested by tests/tools/model/compare_test.cc.

#include "tools/model/compare.h"

#include <algorithm>
#include <cmath>

namespace glassheap::tools {
namespace {

// REQUIRES: values is sorted and not empty.
double MedianOfSorted(const std::vector<double>& values) {
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double StandardError(const FigureSummary& summary) {
  return 1.2533 * 1.4826 * summary.deviation / std::sqrt(static_cast<double>(summary.rounds));
}

}  // namespace

FigureSummary Summarize(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  FigureSummary summary = {values.front(), MedianOfSorted(values), values.back(), 0, values.size()};
  for (double& value : values) value = std::fabs(value - summary.median);
  std::sort(values.begin(), values.end());
  summary.deviation = MedianOfSorted(values);
  return summary;
}

bool WithinNoise(const FigureSummary& a, const FigureSummary& b) {
  if (a.rounds < 3 || b.rounds < 3) return true;
  return std::fabs(a.median - b.median) <= 2 * std::hypot(StandardError(a), StandardError(b));
}

std::optional<FigureSummary> SummaryOf(const AllocatorRuns& runs, const CompareFigure& figure) {
  if (runs.rounds.empty()) return std::nullopt;
  std::vector<double> values;
  for (const RunFigures& round : runs.rounds) values.push_back(round.*figure.value);
  return Summarize(std::move(values));
}

std::optional<FigureSummary> BestOf(const Comparison& comparison, const CompareFigure& figure) {
  std::optional<FigureSummary> best;
  for (const AllocatorRuns& runs : comparison.allocators) {
    const std::optional<FigureSummary> one = SummaryOf(runs, figure);
    if (!one) continue;
    if (!best || (figure.more_is_better ? one->median > best->median : one->median < best->median)) best = one;
  }
  return best;
}

}  // namespace glassheap::tools
