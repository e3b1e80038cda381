// Which processes may have a stats region: a look at the descriptor number where the allocator puts it, one readlink and one
// prlimit for most processes and nothing for kernel threads. Listing all descriptors, as AttachRegion does in the end, costs
// thirty times that for a process that has none.

#ifndef GLASSHEAP_TOOLS_READ_REGION_PROBE_H_
#define GLASSHEAP_TOOLS_READ_REGION_PROBE_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "tools/read/root.h"

namespace glassheap::tools {

struct ProbedRegions {
  std::vector<pid_t> pids;  // in the order of /proc
  uint64_t denied = 0;      // processes we may not look into; they may have one or not
};

// Not found: a region that its program moved to an unusual number, one that was put low because the process had a limit of at
// most kRegionFdMin descriptors which it raised since, and that of a program that the kernel itself started, by kthreadd.
ProbedRegions ProbeRegions(const Root& root);

// One process, below the open /proc of root. May be wrong either way; AttachRegion knows.
bool MayHaveRegion(const Root& root, const Directory& proc, pid_t pid);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_REGION_PROBE_H_
