// Tested by tests/tools/read/pressure_test.cc.

#include "tools/read/pressure.h"

#include <algorithm>
#include <charconv>

namespace glassheap::tools {
namespace {

// The line whose first word is NAME.
std::string_view Line(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(' ')) return line;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

// "KEY=12.34" in a line.
template <typename T>
std::optional<T> Find(std::string_view line, std::string_view key) {
  const size_t found = line.find(key);
  if (found == std::string_view::npos) return std::nullopt;
  line.remove_prefix(found + key.size());
  T value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<double> FindPercent(std::string_view line, std::string_view key) {
  const std::optional<double> value = Find<double>(line, key);
  return value && *value >= 0 && *value <= 100 ? value : std::nullopt;  // not "nan" either
}

}  // namespace

std::optional<Pressure> ParsePressure(std::string_view text) {
  const std::string_view some = Line(text, "some");
  const std::string_view full = Line(text, "full");
  const auto some10 = FindPercent(some, " avg10=");
  const auto some60 = FindPercent(some, " avg60=");
  const auto full10 = FindPercent(full, " avg10=");
  const auto full60 = FindPercent(full, " avg60=");
  if (!some10 || !some60 || !full10 || !full60) return std::nullopt;
  Pressure pressure{*some10, *some60, *full10, *full60};
  pressure.some_avg300 = FindPercent(some, " avg300=");
  pressure.full_avg300 = FindPercent(full, " avg300=");
  pressure.some_total_us = Find<uint64_t>(some, " total=");
  pressure.full_total_us = Find<uint64_t>(full, " total=");
  return pressure;
}

}  // namespace glassheap::tools
