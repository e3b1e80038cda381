// Tested by tests/tools/read/pressure_test.cc.

#include "tools/read/pressure.h"

#include <charconv>

namespace glassheap::tools {
namespace {

// "KEY=12.34" in a line that begins with NAME.
std::optional<double> Find(std::string_view text, std::string_view name, std::string_view key) {
  size_t line = text.starts_with(name) ? 0 : text.find(name);
  if (line == std::string_view::npos) return std::nullopt;
  text = text.substr(line, text.find('\n', line) - line);
  const size_t found = text.find(key);
  if (found == std::string_view::npos) return std::nullopt;
  text.remove_prefix(found + key.size());
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Pressure> ParsePressure(std::string_view text) {
  const auto some10 = Find(text, "some", "avg10=");
  const auto some60 = Find(text, "some", "avg60=");
  const auto full10 = Find(text, "full", "avg10=");
  const auto full60 = Find(text, "full", "avg60=");
  if (!some10 || !some60 || !full10 || !full60) return std::nullopt;
  return Pressure{*some10, *some60, *full10, *full60};
}

}  // namespace glassheap::tools
