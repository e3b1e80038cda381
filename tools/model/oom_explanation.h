// Why a process stands where it stands in the kernel's order, and what would change that. Pure.

#ifndef GLASSHEAP_TOOLS_MODEL_OOM_EXPLANATION_H_
#define GLASSHEAP_TOOLS_MODEL_OOM_EXPLANATION_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/model/oom.h"
#include "tools/model/oom_forecast.h"
#include "tools/model/process.h"

namespace glassheap::tools {

// What must change for one process to stand behind another.
struct OomChangeNeeded {
  Process other;
  std::optional<int> score_adj;  // the highest that is enough; absent: only -1000 is
  int64_t less_bytes = 0;        // memory it must give back instead; may be more than it has
};

// In one domain.
struct OomStanding {
  OomDomain domain;
  Process process;                       // badness and rank in the domain
  uint64_t ranked = 0;                   // processes that may be killed
  int64_t adjustment_bytes = 0;          // what its adjustment counts as
  int64_t hundred_bytes = 0;             // what +100 counts as
  std::optional<OomChangeNeeded> below;  // to be behind the one that is behind it now
  std::optional<Process> first;          // who is first, where it is not
};

// Ranks of processes are set here. Nothing when pid is not among them.
std::optional<OomStanding> StandingOf(std::vector<Process> processes, pid_t pid, const OomDomain& domain);

// What the adjustment's origin is guessed from.
struct OomOriginClues {
  std::string_view name;
  int score_adj = 0;
  std::string_view cgroups;       // the text of /proc/PID/cgroup
  std::optional<Process> parent;  // with its oom_score_adj
};

// A sentence, "most likely" where it is a guess. Empty when the adjustment is 0. May hold foreign text.
std::string GuessOomOrigin(const OomOriginClues& clues);

// "redis.service" of a text of /proc/PID/cgroup: the systemd unit, where there is one.
std::optional<std::string> UnitOfCgroups(std::string_view cgroups);

// Whether the unit is one of a user's own systemd (below user@UID.service).
bool IsUserUnit(std::string_view cgroups);

struct OomExplanation {
  OomStanding machine;
  std::optional<OomStanding> cgroup;  // of the nearest that has a limit
  std::string origin;                 // of the adjustment
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_OOM_EXPLANATION_H_
