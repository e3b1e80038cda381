// What the memory cgroup allows: the limits that hold, and what is left before they are reached. Pure.
//
// Bytes. Terms as docker and the kubelet have them: working set = usage - inactive_file, the part of usage that
// reclaim does not free at once.

#ifndef GLASSHEAP_TOOLS_MODEL_CGROUP_H_
#define GLASSHEAP_TOOLS_MODEL_CGROUP_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tools/read/cgroup.h"

namespace glassheap::tools {

struct CgroupMemory {
  CgroupVersion version = CgroupVersion::kV2;
  std::string path;  // of the cgroup itself

  // The lowest limit of the cgroup and all its ancestors. Nothing when none is below the machine's RAM.
  std::optional<uint64_t> limit;
  // Whose limit it is. Nothing: an ancestor's that cannot be seen from here; usage is then the cgroup's own.
  std::optional<std::string> limit_path;
  std::optional<uint64_t> usage;        // of the cgroup that has the limit, of this one when none has
  std::optional<uint64_t> working_set;  // of the same
  std::optional<uint64_t> oom_kills;    // of the same

  // Before an OOM kill: the least of limit - working set over all levels, 0 when a level is over its limit. Another
  // level than limit_path's may have less left, because of what its other children use.
  std::optional<uint64_t> remaining;
  std::optional<std::string> remaining_path;

  std::optional<uint64_t> high;        // the lowest memory.high below limit: tasks are slowed there, not killed
  std::optional<uint64_t> swap_limit;  // at most the machine's swap; v1: memsw's limit - limit
  std::optional<uint64_t> swap_usage;
  std::optional<Pressure> pressure;
};

// ram and swap: of the machine, MemTotal and SwapTotal.
CgroupMemory MakeCgroupMemory(const MemoryCgroup& cgroup, uint64_t ram, uint64_t swap);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_CGROUP_H_
