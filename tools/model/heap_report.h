// What `memstat heap` says of one process: its heap, beside the kernel's
// figures.

#ifndef GLASSHEAP_TOOLS_MODEL_HEAP_REPORT_H_
#define GLASSHEAP_TOOLS_MODEL_HEAP_REPORT_H_

#include <sys/types.h>

#include <string>

#include "tools/model/heap.h"
#include "tools/read/process_status.h"

namespace glassheap::tools {

struct HeapReport {
  pid_t pid = 0;
  ProcessStatus status;
  Heap heap;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_HEAP_REPORT_H_
