// Programs that kill before the kernel does: earlyoom, systemd-oomd, nohang. What they would do, from how they were
// started. Pure.
//
// earlyoom's rule is foretold (its manual: EARLYOOM(1)): when available memory and free swap both are at or below their
// percentage it ends the process of the largest oom_score, +300 for --prefer and -300 for --avoid, of equals the one
// with the largest RSS. The others kill whole cgroups by pressure, or by rules of their own: they are named only.

#ifndef GLASSHEAP_TOOLS_MODEL_OOM_GUARD_H_
#define GLASSHEAP_TOOLS_MODEL_OOM_GUARD_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/model/process.h"

namespace glassheap::tools {

struct EarlyoomSettings {
  double memory_percent = 10;  // SIGTERM at or below
  double swap_percent = 10;
  bool by_rss = false;
  bool spares_root = false;
  bool dry_run = false;
  std::string prefer;  // POSIX extended regular expressions on the name; empty: none
  std::string avoid;
  std::string ignore;
};

EarlyoomSettings ParseEarlyoom(const std::vector<std::string>& arguments);

// Whom earlyoom would end now. Processes have their oom_score of the whole machine.
const Process* EarlyoomVictim(const std::vector<Process>& processes, const EarlyoomSettings& settings);

// Values of [OOM] in oomd.conf, as written there; its defaults where they are not.
struct OomdSettings {
  std::string swap_used_limit = "90%";
  std::string pressure_limit = "60%";
  std::string pressure_duration = "30s";
};

OomdSettings ParseOomdConf(std::string_view text);

struct OomGuard {
  pid_t pid = 0;
  std::string name;              // of the program
  std::string rule;              // a sentence on when it acts and on whom; our own words
  std::optional<pid_t> victim;   // of earlyoom
  std::string victim_name = {};  // any bytes
};

// Whether a process is such a program, by its name.
bool IsOomGuard(std::string_view name);

// arguments are those of the program (of earlyoom), oomd_conf the text of oomd.conf where there is one.
OomGuard DescribeGuard(const Process& guard, const std::vector<std::string>& arguments, std::string_view oomd_conf,
                       const std::vector<Process>& processes);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_OOM_GUARD_H_
