// Tested by tests/tools/view/process_filter_test.cc.

#include "tools/view/process_filter.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

namespace glassheap::tools {
namespace {

using Compare = ProcessFilter::Compare;

constexpr char kForm[] = "FIELD>VALUE, FIELD<VALUE or FIELD=VALUE is wanted, such as rss>100M";

char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// "100", "1.5", "100M", "1.5GiB".
std::optional<double> ParseAmount(std::string_view text, ProcessUnit unit) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  std::string_view suffix = text.substr(static_cast<size_t>(end - text.data()));
  if (suffix.empty()) return number;
  const bool bytes = unit != ProcessUnit::kNumber && unit != ProcessUnit::kPerSecond;
  const size_t power = std::string_view("BKMGTP").find(static_cast<char>(std::toupper(suffix.front())));
  if (!bytes || power == std::string_view::npos) return std::nullopt;
  suffix.remove_prefix(1);
  if (suffix != "" && suffix != "i" && suffix != "iB" && suffix != "B") return std::nullopt;
  return number * std::pow(1024.0, static_cast<double>(power));
}

Compare TakeComparison(std::string_view& text) {
  const char first = text.front();
  text.remove_prefix(1);
  const bool or_equal = first != '=' && text.starts_with('=');
  if (or_equal) text.remove_prefix(1);
  if (first == '<') return or_equal ? Compare::kLessOrEqual : Compare::kLess;
  if (first == '>') return or_equal ? Compare::kGreaterOrEqual : Compare::kGreater;
  return Compare::kEqual;
}

template <typename Value>
bool Holds(Compare compare, const Value& value, const Value& wanted) {
  switch (compare) {
    case Compare::kLess:
      return value < wanted;
    case Compare::kLessOrEqual:
      return value <= wanted;
    case Compare::kGreater:
      return value > wanted;
    case Compare::kGreaterOrEqual:
      return value >= wanted;
    default:
      return value == wanted;
  }
}

bool MatchesValue(const ProcessFilter& filter, const ProcessValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (filter.compare == Compare::kEqual) return ContainsText(*text, filter.text);
    return Holds(filter.compare, *text, filter.text);
  }
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return Holds(filter.compare, static_cast<double>(*number), filter.number);
  }
  if (const auto* number = std::get_if<double>(&value)) return Holds(filter.compare, *number, filter.number);
  return false;
}

}  // namespace

Result<ProcessFilter> ParseProcessFilter(std::string_view typed) {
  ProcessFilter filter;
  filter.typed = std::string(typed);
  std::string_view rest = Trim(typed);
  const Error wrong_form{typed.empty() ? "''" : filter.typed, kForm};
  filter.negated = rest.starts_with('!');
  if (filter.negated) rest.remove_prefix(1);
  const size_t sign = rest.find_first_of("=<>");
  if (sign == std::string_view::npos || sign == 0) return wrong_form;
  const std::string_view name = Trim(rest.substr(0, sign));
  filter.column = FindProcessColumn(name);
  if (filter.column == nullptr) return Error{std::string(name), "no such field; --fields help lists them"};
  rest.remove_prefix(sign);
  filter.compare = TakeComparison(rest);
  rest = Trim(rest);
  if (rest.empty()) return wrong_form;
  if (IsText(*filter.column)) {
    filter.text = std::string(rest);
    return filter;
  }
  const auto number = ParseAmount(rest, filter.column->unit);
  if (!number) return Error{filter.typed, std::string(rest) + " is not a number"};
  filter.number = *number;
  return filter;
}

Result<std::vector<ProcessFilter>> ParseProcessFilters(std::string_view typed) {
  std::vector<ProcessFilter> filters;
  for (;;) {
    const size_t comma = typed.find(',');
    const Result<ProcessFilter> filter = ParseProcessFilter(typed.substr(0, comma));
    if (!filter) return filter.error();
    filters.push_back(*filter);
    if (comma == std::string_view::npos) return filters;
    typed.remove_prefix(comma + 1);
  }
}

bool Matches(const ProcessFilter& filter, const Process& process) {
  const ProcessColumn& column = *filter.column;
  const ProcessValue value = IsText(column) && column.shown != nullptr ? column.shown(process) : column.value(process);
  return MatchesValue(filter, value) != filter.negated;
}

bool ContainsText(std::string_view text, std::string_view wanted) {
  return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(),
                     [](char a, char b) { return Lower(a) == Lower(b); }) != text.end() ||
         wanted.empty();
}

bool MatchesText(std::string_view wanted, const Process& process) {
  for (;;) {
    const size_t bar = wanted.find('|');
    const std::string_view one = wanted.substr(0, bar);
    if (ContainsText(process.name, one) || ContainsText(process.command_line, one)) return true;
    if (bar == std::string_view::npos) return false;
    wanted.remove_prefix(bar + 1);
  }
}

}  // namespace glassheap::tools
