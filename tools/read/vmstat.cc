// Tested by tests/tools/read/vmstat_test.cc.

#include "tools/read/vmstat.h"

#include <algorithm>
#include <charconv>

namespace glassheap::tools {
namespace {

constexpr struct {
  std::string_view key;
  std::optional<uint64_t> Vmstat::*field;
} kFields[] = {
    {"pswpin ", &Vmstat::swapped_in_pages},
    {"pswpout ", &Vmstat::swapped_out_pages},
    {"oom_kill ", &Vmstat::oom_kills},
};

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

Vmstat ParseVmstat(std::string_view text) {
  Vmstat vmstat;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    for (const auto& [key, field] : kFields) {
      if (line.starts_with(key)) vmstat.*field = ParseNumber(line.substr(key.size()));
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return vmstat;
}

}  // namespace glassheap::tools
