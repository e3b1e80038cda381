// Tested by tests/tools/read/load_test.cc.

#include "tools/read/load.h"

#include <charconv>

namespace glassheap::tools {
namespace {

std::optional<double> TakeNumber(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

}  // namespace

std::optional<LoadAverage> ParseLoadAverage(std::string_view text) {
  LoadAverage load = {};
  for (double& value : load) {
    const auto number = TakeNumber(text);
    if (!number) return std::nullopt;
    value = *number;
  }
  return load;
}

std::optional<double> ParseUptime(std::string_view text) { return TakeNumber(text); }

}  // namespace glassheap::tools
