// What `memstat core` says of a process that left a core dump.

#ifndef GLASSHEAP_TOOLS_MODEL_CORE_REPORT_H_
#define GLASSHEAP_TOOLS_MODEL_CORE_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tools/model/heap.h"
#include "tools/model/history.h"

namespace glassheap::tools {

struct CoreReport {
  std::string name;           // any bytes
  std::string arguments;      // any bytes
  std::optional<int> signal;  // absent: dumped alive
  std::optional<int64_t> pid;
  Heap heap;
  HeapHistory history;  // the heap at death is its last entry, at the time of the entry before: nobody noted when it was
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_CORE_REPORT_H_
