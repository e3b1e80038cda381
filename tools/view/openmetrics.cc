// Tested by tests/tools/view/openmetrics_test.cc.

#include "tools/view/openmetrics.h"

#include <fmt/format.h>

#include <string_view>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

constexpr std::string_view kTotal = "_total";

// Backslash, quote and newline are escaped; every other character stands for itself, if it is UTF-8.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : SanitizeUtf8(text)) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Labels(const std::vector<MetricLabel>& labels) {
  if (labels.empty()) return "";
  std::string text;
  for (const MetricLabel& label : labels) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "{" : ",", label.name, Escaped(label.value));
  }
  return text + "}";
}

// A counter's family has the name without _total, its samples have it with.
std::string_view FamilyName(const MetricFamily& family) {
  std::string_view name = family.name;
  if (family.kind == MetricKind::kCounter && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  return name;
}

// Whole numbers without a fraction and without an exponent.
std::string Number(double value) { return fmt::format("{}", value); }

std::string FamilyText(const MetricFamily& family) {
  const std::string_view name = FamilyName(family);
  std::string text = fmt::format("# TYPE {} {}\n", name, family.kind == MetricKind::kCounter ? "counter" : "gauge");
  if (!family.unit.empty()) text += fmt::format("# UNIT {} {}\n", name, family.unit);
  text += fmt::format("# HELP {} {}\n", name, Escaped(family.help));
  for (const MetricSample& sample : family.samples) {
    text += fmt::format("{}{} {}\n", family.name, Labels(sample.labels), Number(sample.value));
  }
  return text;
}

}  // namespace

std::string OpenMetricsText(const std::vector<MetricFamily>& families) {
  std::string text;
  for (const MetricFamily& family : families) text += FamilyText(family);
  return text + "# EOF\n";
}

}  // namespace glassheap::tools
