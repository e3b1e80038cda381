// The machine at one moment, as memstat without a command shows it, and what changed since the report before. Pure.
//
// What could not be read is absent.

#ifndef GLASSHEAP_TOOLS_MODEL_SYSTEM_REPORT_H_
#define GLASSHEAP_TOOLS_MODEL_SYSTEM_REPORT_H_

#include <cstdint>
#include <optional>

#include "tools/model/cgroup.h"
#include "tools/model/free_columns.h"
#include "tools/model/system.h"
#include "tools/read/meminfo.h"
#include "tools/read/pressure.h"

namespace glassheap::tools {

struct SystemReport {
  double seconds = 0;  // monotonic
  Meminfo meminfo;
  FreeColumns columns;
  SystemMemory memory;
  std::optional<CgroupMemory> cgroup;  // of the process that asks
  std::optional<Pressure> pressure;
  std::optional<uint64_t> swapped_in;  // bytes since boot
  std::optional<uint64_t> swapped_out;
  std::optional<uint64_t> oom_kills;  // since boot, anywhere on the machine
  HeapsSummary heaps;
};

// now - before. Counters that began anew (a captured tree, a namespace that changed) give no difference.
struct SystemDelta {
  double seconds = 0;
  FreeColumns columns;
  std::optional<uint64_t> swapped_in;
  std::optional<uint64_t> swapped_out;
  std::optional<uint64_t> oom_kills;
  std::optional<uint64_t> cgroup_oom_kills;
  std::optional<uint64_t> some_us;  // stalled for memory
  std::optional<uint64_t> full_us;
  std::optional<int64_t> cgroup_working_set;
};

SystemDelta MakeSystemDelta(const SystemReport& before, const SystemReport& now);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_SYSTEM_REPORT_H_
