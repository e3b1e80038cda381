// /proc/PID/stat: when a process started and what it did since.
//
// A pure parser. The name stands between the first '(' and the LAST ')', so a
// process called "a) R 1" reads right.

#ifndef GLASSHEAP_TOOLS_READ_PROCESS_STAT_H_
#define GLASSHEAP_TOOLS_READ_PROCESS_STAT_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace glassheap::tools {

struct ProcessStat {
  pid_t pid = 0;
  std::string name;
  char state = '?';
  pid_t ppid = 0;
  uint64_t minor_faults = 0;
  uint64_t major_faults = 0;
  uint64_t user_ticks = 0;
  uint64_t system_ticks = 0;
  uint64_t start_ticks = 0;  // since boot; with the pid it names one process for ever
};

// Nothing when a field up to the start time is missing or is not a number.
std::optional<ProcessStat> ParseProcessStat(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PROCESS_STAT_H_
