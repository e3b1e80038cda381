// The processes that a change of adjustments is meant for: by pid, by name, by cgroup, with their descendants.

#ifndef GLASSHEAP_TOOLS_RUN_OOM_TARGETS_H_
#define GLASSHEAP_TOOLS_RUN_OOM_TARGETS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

struct TargetRequest {
  std::vector<pid_t> pids;
  std::vector<std::string> names;   // all processes of that name, as pidof: comm, or the file name of argv[0]
  std::vector<std::string> groups;  // memory cgroups: path, directory or pid; with those below them
  bool with_descendants = false;

  bool empty() const { return pids.empty() && names.empty() && groups.empty(); }
};

struct Target {
  pid_t pid = 0;
  std::optional<uint64_t> start_ticks;  // when it was found by looking; absent: the pid itself was asked for
};

struct Targets {
  std::vector<Target> found;   // each once; what was asked for by pid is not looked for
  std::vector<Error> missing;  // names and cgroups without a process
};

// This process itself is never found by looking, nor are kernel threads and zombies. An error only when /proc cannot be
// listed.
Result<Targets> FindTargets(const Root& root, const TargetRequest& request);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_OOM_TARGETS_H_
