// The machine's memory, checked: what free counts (free_columns.h has the formulas) where meminfo makes sense. Bytes.

#ifndef GLASSHEAP_TOOLS_MODEL_SYSTEM_H_
#define GLASSHEAP_TOOLS_MODEL_SYSTEM_H_

#include <cstdint>
#include <optional>

#include "tools/model/oom.h"
#include "tools/read/meminfo.h"

namespace glassheap::tools {

struct SystemMemory {
  uint64_t total = 0;
  uint64_t used = 0;
  uint64_t free = 0;
  uint64_t shared = 0;
  uint64_t buffers = 0;
  uint64_t cache = 0;
  uint64_t available = 0;
  uint64_t swap_total = 0;
  uint64_t swap_used = 0;
  uint64_t swap_free = 0;
  bool exact_counts = false;              // status counts a process' pages to the last one; meminfo does not say
  OomRule oom_rule = OomRule::kSince5_9;  // of the kernel; meminfo does not say
};

// Nothing when the text had no MemTotal or no MemFree: it is not a meminfo.
std::optional<SystemMemory> MakeSystemMemory(const Meminfo& meminfo);

// All processes under glassheap that can be seen, added up.
struct HeapsSummary {
  uint64_t processes = 0;
  uint64_t unreadable = 0;  // found, and not understood
  uint64_t denied = 0;      // processes that we may not look into; they may have heaps or not
  int64_t live_bytes = 0;
  int64_t cached_bytes = 0;      // thread and transfer caches
  int64_t fragmented_bytes = 0;  // central_free + span_tail_waste
  int64_t free_bytes = 0;        // page_heap_free
  int64_t released_bytes = 0;
  int64_t mapped = 0;
  uint64_t resident = 0;  // by the kernel: RSS of those processes
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_SYSTEM_H_
