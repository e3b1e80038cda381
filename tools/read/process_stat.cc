// Tested by tests/tools/read/process_stat_test.cc.

#include "tools/read/process_stat.h"

#include <charconv>

namespace glassheap::tools {
namespace {

constexpr int kFirstNumber = 4;  // fields as proc(5) counts them: 1 pid, 2 name, 3 state, 4 ppid ...
constexpr int kStartTicks = 22;

template <typename Number>
bool Take(std::string_view& text, Number& value) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool TakeField(ProcessStat& stat, int field, std::string_view& text) {
  int64_t skipped = 0;
  switch (field) {
    case 4:
      return Take(text, stat.ppid);
    case 10:
      return Take(text, stat.minor_faults);
    case 12:
      return Take(text, stat.major_faults);
    case 14:
      return Take(text, stat.user_ticks);
    case 15:
      return Take(text, stat.system_ticks);
    case kStartTicks:
      return Take(text, stat.start_ticks);
    default:
      return Take(text, skipped);
  }
}

}  // namespace

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  ProcessStat stat;
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  std::string_view pid = text.substr(0, open);
  if (open == std::string_view::npos || close == std::string_view::npos || close < open || !Take(pid, stat.pid)) {
    return std::nullopt;
  }
  stat.name = text.substr(open + 1, close - open - 1);
  text.remove_prefix(close + 1);
  if (text.size() < 2 || text[0] != ' ') return std::nullopt;
  stat.state = text[1];
  text.remove_prefix(2);
  for (int field = kFirstNumber; field <= kStartTicks; ++field) {
    if (!TakeField(stat, field, text)) return std::nullopt;
  }
  return stat;
}

}  // namespace glassheap::tools
