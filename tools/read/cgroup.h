// The memory cgroup of a process, with every ancestor that can be seen from here: v1, v2, and the mixed hierarchy where
// memory is v1 and pressure is v2.
//
// Bytes, as the kernel has them (cgroup-v2.rst, cgroup-v1/memory.rst). What the kernel does not say is absent, and so is
// a limit that is none ("max", or v1's 9223372036854771712).
//
// Thread safety: free functions on a Root, which is never written to.
//
// Invariants:
//   (1) levels is never empty; the first is the cgroup itself, each next one the parent of the one before.
//   (2) Above the first level with a usage, one that sets no limit has no figure but oom_group: it holds nobody. (A cgroup
//       whose controller is off has no usage; its parent counts for it.)

#ifndef GLASSHEAP_TOOLS_READ_CGROUP_H_
#define GLASSHEAP_TOOLS_READ_CGROUP_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/read/cgroup_path.h"
#include "tools/read/pressure.h"
#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

struct CgroupLevel {
  std::string path;                            // within the hierarchy: "/system.slice/api.service"
  std::optional<uint64_t> limit;               // memory.max, memory.limit_in_bytes: more than that is an OOM kill
  std::optional<uint64_t> high;                // v2 memory.high: above it tasks are slowed down
  std::optional<uint64_t> swap_limit;          // v2 memory.swap.max
  std::optional<uint64_t> memsw_limit;         // v1 memory.memsw.limit_in_bytes: memory and swap together
  std::optional<uint64_t> hierarchical_limit;  // v1: the lowest limit up to the real root, seen or not
  std::optional<uint64_t> hierarchical_memsw;  // v1: the same of memory and swap together
  std::optional<uint64_t> usage;               // with everything below it, page cache included
  std::optional<uint64_t> inactive_file;       // page cache that goes first, part of usage
  std::optional<uint64_t> swap_usage;          // v2
  std::optional<uint64_t> memsw_usage;         // v1
  std::optional<uint64_t> oom_kills;           // v2: in it and below; v1: in it
  std::optional<uint64_t> oom_group;           // v2 memory.oom.group: 1 when it is killed as a whole; of every level
  std::optional<uint64_t> oom_kill_disable;    // v1 memory.oom_control: 1 when its tasks wait instead of dying
  std::optional<uint64_t> swappiness;          // v1 memory.swappiness: 0 when its pages are not swapped out
};

struct MemoryCgroup {
  CgroupVersion version = CgroupVersion::kV2;
  std::vector<CgroupLevel> levels;
  std::optional<Pressure> pressure;  // of the process' cgroup in the v2 hierarchy
};

// Of this process, or of pid. The error says what is missing: most often a kernel without the memory controller.
Result<MemoryCgroup> ReadMemoryCgroup(const Root& root);
Result<MemoryCgroup> ReadMemoryCgroup(const Root& root, pid_t pid);

// Of a cgroup by its path, "/system.slice/api.service", or by that of its folder, "/sys/fs/cgroup/system.slice/...".
Result<MemoryCgroup> ReadMemoryCgroupAt(const Root& root, std::string_view path);

// All processes in a cgroup and below it, unsorted. Paths as ReadMemoryCgroupAt takes them. A pid that our pid
// namespace does not know is left out.
Result<std::vector<pid_t>> ListCgroupProcesses(const Root& root, std::string_view path);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_CGROUP_H_
