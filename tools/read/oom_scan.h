// What the kernel's order needs of every process, read once and at the least cost: /proc/PID/status and
// /proc/PID/oom_score_adj, nothing held open. Both must be read of each: nothing cheaper bounds page tables, swap and the
// adjustment closely enough to leave one out. ProcessReader is for those that are read again, or read in full.
//
// The two files of a process may be of two processes when its pid is used again between them; that moment is a few
// microseconds long, and whoever acts on a process looks again.

#ifndef GLASSHEAP_TOOLS_READ_OOM_SCAN_H_
#define GLASSHEAP_TOOLS_READ_OOM_SCAN_H_

#include <sys/types.h>

#include <optional>
#include <vector>

#include "tools/read/process_status.h"
#include "tools/read/root.h"

namespace glassheap::tools {

struct OomSample {
  pid_t pid = 0;
  bool init = false;  // the init that the kernel protects: pid 1, but not a container's
  std::optional<int> oom_score_adj;
  ProcessStatus status;
};

// By pid. Processes that may not be read, or that vanish meanwhile, are left out. An error only when /proc itself
// cannot be listed.
Result<std::vector<OomSample>> ScanForOom(const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_OOM_SCAN_H_
