// Tested by tests/tools/read/smaps_rollup_test.cc.

#include "tools/read/smaps_rollup.h"

#include <algorithm>
#include <charconv>

namespace glassheap::tools {
namespace {

// "      1684 kB" in bytes.
std::optional<uint64_t> TakeBytes(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  uint64_t kib = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), kib);
  if (error != std::errc() || kib > UINT64_MAX / 1024) return std::nullopt;
  if (text.substr(static_cast<size_t>(end - text.data())) != " kB") return std::nullopt;
  return kib * 1024;
}

}  // namespace

std::optional<SmapsRollup> ParseSmapsRollup(std::string_view text) {
  SmapsRollup rollup;
  bool saw_pss = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, colon);
    const auto bytes = TakeBytes(line.substr(colon + 1));
    if (!bytes) continue;
    if (key == "Rss") rollup.rss = *bytes;
    if (key == "Private_Clean" || key == "Private_Dirty") rollup.private_bytes += *bytes;
    if (key == "Pss") {
      rollup.pss = *bytes;
      saw_pss = true;
    }
  }
  return saw_pss ? std::optional(rollup) : std::nullopt;
}

}  // namespace glassheap::tools
