// What `memstat heap` says of one process: its heap, beside the kernel's
// figures.

#ifndef GLASSHEAP_TOOLS_MODEL_HEAP_REPORT_H_
#define GLASSHEAP_TOOLS_MODEL_HEAP_REPORT_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tools/model/fragmentation.h"
#include "tools/model/heap.h"
#include "tools/model/heap_map.h"
#include "tools/model/history.h"
#include "tools/model/resident.h"
#include "tools/read/process_status.h"

namespace glassheap::tools {

struct HeapReport {
  pid_t pid = 0;
  ProcessStatus status;
  Heap heap;
  std::optional<Resident> resident;  // absent: the pages may not be looked at
  std::string no_resident_because;   // where it is absent
  // Exact tier only.
  std::vector<ClassFragmentation> fragmentation;
  std::optional<HeapMap> map;  // when it was asked for
  std::optional<HeapHistory> history;  // when it was asked for
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_HEAP_REPORT_H_
