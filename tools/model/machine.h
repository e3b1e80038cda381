// The machine at one moment, as the head of memtop shows it.

#ifndef GLASSHEAP_TOOLS_MODEL_MACHINE_H_
#define GLASSHEAP_TOOLS_MODEL_MACHINE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/model/cgroup.h"
#include "tools/model/oom.h"
#include "tools/model/process.h"
#include "tools/model/system.h"
#include "tools/read/load.h"
#include "tools/read/pressure.h"

namespace glassheap::tools {

// All heaps that can be seen, added up; claims of their processes.
struct HeapTotals {
  uint64_t processes = 0;
  int64_t live = 0;
  int64_t cached = 0;
  int64_t fragmented = 0;
  int64_t mapped = 0;
  uint64_t resident = 0;  // the kernel's: RSS of those processes
};

struct Machine {
  double realtime_seconds = 0;  // since 1970
  SystemMemory memory;
  std::optional<double> uptime_seconds;
  std::optional<LoadAverage> load;
  std::optional<Pressure> pressure;
  std::optional<CgroupMemory> cgroup;  // of this process; absent: not limited, or there is none to be seen
  HeapTotals heaps;
  uint64_t tasks = 0;   // processes that can be seen
  uint64_t hidden = 0;  // listed, and not readable
  double monotonic_seconds = 0;  // of a clock that does not jump
};

HeapTotals AddUpHeaps(const std::vector<Process>& processes);

// What badness is measured against on this machine: RAM + swap.
OomScope WholeMachine(const SystemMemory& memory);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_MACHINE_H_
