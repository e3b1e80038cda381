// The commands of oomscore, one file each (oomscore_NAME.cc), one row each in the table of oomscore.cc, and what they
// share.

#ifndef GLASSHEAP_TOOLS_OOMSCORE_COMMANDS_H_
#define GLASSHEAP_TOOLS_OOMSCORE_COMMANDS_H_

#include <sys/types.h>

#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/read/result.h"

namespace glassheap::tools {

inline constexpr char kOomscore[] = "oomscore";

ToolAction SetUpOomList(CLI::App& app);  // oomscore without a command
ToolAction SetUpOomVictim(CLI::App& app);
ToolAction SetUpOomExplain(CLI::App& app);
ToolAction SetUpOomSet(CLI::App& app);
ToolAction SetUpOomRun(CLI::App& app);
ToolAction SetUpOomWatch(CLI::App& app);
ToolAction SetUpOomUnit(CLI::App& app);

// The whole text as a number.
template <typename Number>
std::optional<Number> ParseNumber(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// "0.5", "2" or "0,5".
inline std::optional<double> ParseSeconds(std::string text) {
  constexpr double kShortest = 0.1, kLongest = 3600;
  if (const size_t comma = text.find(','); comma != std::string::npos) text[comma] = '.';
  const auto seconds = ParseNumber<double>(text);
  return seconds && *seconds >= kShortest && *seconds <= kLongest ? seconds : std::nullopt;
}

inline Result<pid_t> ParsePid(const std::string& text) {
  const auto pid = ParseNumber<pid_t>(text);
  if (!pid || *pid <= 0) return Error{text.empty() ? "''" : text, "not a process id"};
  return *pid;
}

inline Result<std::vector<pid_t>> ParsePids(const std::vector<std::string>& texts) {
  std::vector<pid_t> pids;
  for (const std::string& text : texts) {
    const Result<pid_t> pid = ParsePid(text);
    if (!pid) return pid.error();
    pids.push_back(*pid);
  }
  return pids;
}

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_OOMSCORE_COMMANDS_H_
