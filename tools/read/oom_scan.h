// What the kernel's order needs of every process, read once and at the least cost: /proc/PID/status and
// /proc/PID/oom_score_adj, nothing held open. ProcessReader is for those that are read again, or read in full.
//
// The two files of a process may be of two processes when its pid is used again between them; that moment is a few
// microseconds long, and whoever acts on a process looks again.

#ifndef GLASSHEAP_TOOLS_READ_OOM_SCAN_H_
#define GLASSHEAP_TOOLS_READ_OOM_SCAN_H_

#include <vector>

#include "tools/read/process_reader.h"
#include "tools/read/root.h"

namespace glassheap::tools {

// By pid. Processes that may not be read, or that vanish meanwhile, are left out. An error only when /proc itself
// cannot be listed.
Result<std::vector<ProcessSample>> ScanForOom(const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_OOM_SCAN_H_
