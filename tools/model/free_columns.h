// The machine's memory as `free` of procps-ng 4.0.1 and later counts it, for its table. Pure.
//
//   used = total - available     so shared memory counts as used, and is in cache as well
//   cache = Cached + SReclaimable
//   available = MemAvailable, or free where the kernel does not say (before 3.14) or says nonsense (some containers)
//
// Bytes. Signed and never refused, as free's are: what meminfo lacks is 0, and nonsense there shows as nonsense.
// SystemMemory (system.h) has the same figures, checked.

#ifndef GLASSHEAP_TOOLS_MODEL_FREE_COLUMNS_H_
#define GLASSHEAP_TOOLS_MODEL_FREE_COLUMNS_H_

#include <cstdint>

#include "tools/read/meminfo.h"

namespace glassheap::tools {

struct FreeColumns {
  int64_t total = 0;
  int64_t used = 0;
  int64_t free = 0;
  int64_t shared = 0;
  int64_t buffers = 0;
  int64_t cache = 0;
  int64_t available = 0;
  int64_t swap_total = 0;
  int64_t swap_used = 0;
  int64_t swap_free = 0;
  int64_t low_total = 0;
  int64_t low_used = 0;
  int64_t low_free = 0;
  int64_t high_total = 0;
  int64_t high_used = 0;
  int64_t high_free = 0;
  int64_t commit_limit = 0;
  int64_t committed = 0;
};

FreeColumns MakeFreeColumns(const Meminfo& meminfo);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_FREE_COLUMNS_H_
