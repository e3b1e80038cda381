// Tested by tests/tools/view/compare_text_test.cc.

#include <nlohmann/json.hpp>

#include "tools/view/compare_text.h"
#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;

bool IsWhole(const CompareFigure& figure) {
  return figure.unit == FigureUnit::kBytes || figure.unit == FigureUnit::kCount;
}

Json Number(double value, const CompareFigure& figure) {
  return IsWhole(figure) ? Json(static_cast<uint64_t>(value)) : Json(value);
}

Json SummaryJson(const FigureSummary& summary, const CompareFigure& figure) {
  return {{"min", Number(summary.min, figure)},
          {"median", Number(summary.median, figure)},
          {"max", Number(summary.max, figure)}};
}

// The first figure with its range, the rest by their medians, and all ranges under "ranges".
Json AllocatorJson(const AllocatorRuns& runs, const Comparison& comparison) {
  Json json = {{"name", runs.name}};
  Json ranges = Json::object();
  for (const CompareFigure& figure : kCompareFigures) {
    if (figure.unit == FigureUnit::kRate && !comparison.rate_name) continue;
    const std::optional<FigureSummary> summary = SummaryOf(runs, figure);
    Json range = summary ? SummaryJson(*summary, figure) : Json(nullptr);
    json[figure.key] = &figure == kCompareFigures ? range : (summary ? Number(summary->median, figure) : Json(nullptr));
    ranges[figure.key] = std::move(range);
  }
  json["failed"] = runs.failed();
  json["failures"] = runs.failures;
  json["why"] = runs.failed() ? Json(SanitizeUtf8(runs.why)) : Json(nullptr);
  json["timed_out"] = runs.timed_out;
  json["output_differs"] = comparison.output_compared ? Json(runs.output_differs) : Json(nullptr);
  json["rounds"] = runs.rounds.size();
  json["ranges"] = std::move(ranges);
  return json;
}

}  // namespace

std::string CompareJson(const Comparison& comparison) {
  Json json;
  json["schema"] = "glassheap.compare/1";
  json["command"] = SanitizeUtf8(comparison.command);
  json["rounds"] = comparison.rounds;
  json["interrupted"] = comparison.interrupted;
  json["per_second"] = comparison.rate_name ? Json(SanitizeUtf8(*comparison.rate_name)) : Json(nullptr);
  json["allocators"] = Json::array();
  for (const AllocatorRuns& runs : comparison.allocators) json["allocators"].push_back(AllocatorJson(runs, comparison));
  return json.dump() + "\n";
}

}  // namespace glassheap::tools
