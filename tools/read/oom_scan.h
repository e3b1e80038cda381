// What the kernel's order needs of every process, read once and at the least cost, nothing held open. ProcessReader is
// for those that are read again, or read in full.
//
// /proc says which processes there are. Where there are many and it may be had, what they are comes from the kernel at
// once (task_iterator), else from /proc/PID/status and /proc/PID/oom_score_adj. Both say the same: the iterator is
// believed only when what it says of this process is what this process' status says, and what it leaves out is read in
// /proc. There both files must be read of each: nothing cheaper bounds page tables, swap and the adjustment closely
// enough to leave one out.
//
// The two files of a process may be of two processes when its pid is used again between them; that moment is a few
// microseconds long, and whoever acts on a process looks again.

#ifndef GLASSHEAP_TOOLS_READ_OOM_SCAN_H_
#define GLASSHEAP_TOOLS_READ_OOM_SCAN_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/read/process_status.h"
#include "tools/read/root.h"
#include "tools/read/task_program.h"

namespace glassheap::tools {

struct OomSample {
  pid_t pid = 0;
  bool init = false;  // the init that the kernel protects: pid 1, but not a container's
  std::optional<int> oom_score_adj;
  ProcessStatus status;
  uint64_t cgroups = 0;  // the same of two: they are in the same cgroups. 0: not known
};

// Starting the iterator costs as much as reading 200 processes in /proc, and as it goes from thread to thread, every 45
// threads of the machine are as much as a process.
inline constexpr size_t kIterateFrom = 250;
inline constexpr size_t kThreadsPerProcess = 45;

struct OomScanOptions {
  bool kernel_threads = true;  // else they may be left out
  bool exact_counts = false;   // SystemMemory::exact_counts: how this kernel's status counts
  size_t iterate_from =
      kIterateFrom;  // processes listed, and one more for every kThreadsPerProcess threads; 0: always, SIZE_MAX: never
};

// By pid. Processes that may not be read, or that vanish meanwhile, are left out. An error only when /proc itself
// cannot be listed.
Result<std::vector<OomSample>> ScanForOom(const Root& root, const OomScanOptions& options = {});

// What the scan has of the iterator: in the order of pids, and as /proc has it. Nothing where it cannot be had.
std::optional<std::vector<TaskRecord>> IterateForOom(const Root& root, const Directory& proc, bool exact_counts);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_OOM_SCAN_H_
