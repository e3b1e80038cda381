// A process' heap in the few sums that a list of processes has room for.

#ifndef GLASSHEAP_TOOLS_MODEL_PROCESS_HEAP_H_
#define GLASSHEAP_TOOLS_MODEL_PROCESS_HEAP_H_

#include <optional>

#include "tools/model/heap.h"
#include "tools/model/process.h"

namespace glassheap::tools {

// Nothing when the region makes no sense.
std::optional<ProcessHeap> SummarizeHeap(const RegionImage& image);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_PROCESS_HEAP_H_
