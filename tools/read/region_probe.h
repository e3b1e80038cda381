// Which processes may have a stats region: a look at the descriptor numbers where the allocator puts it, one to three
// readlinks for each process. Listing all its descriptors, as AttachRegion does in the end, costs thirty times that
// for a process that has none.

#ifndef GLASSHEAP_TOOLS_READ_REGION_PROBE_H_
#define GLASSHEAP_TOOLS_READ_REGION_PROBE_H_

#include <sys/types.h>

#include <vector>

#include "tools/read/root.h"

namespace glassheap::tools {

// Pids, in the order of /proc. Not found: processes we may not look into, and a region that its program moved to an
// unusual number.
std::vector<pid_t> ProbeRegions(const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_REGION_PROBE_H_
