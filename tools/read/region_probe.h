// Which processes may have a stats region: a look at the descriptor numbers where the allocator puts it, one to three
// readlinks for each process. Listing all its descriptors, as AttachRegion does in the end, costs thirty times that
// for a process that has none.

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

// Not found: a region that its program moved to an unusual number.
ProbedRegions ProbeRegions(const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_REGION_PROBE_H_
