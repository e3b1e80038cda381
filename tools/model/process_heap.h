// A process' heap in the few sums that a list of processes has room for.

#ifndef GLASSHEAP_TOOLS_MODEL_PROCESS_HEAP_H_
#define GLASSHEAP_TOOLS_MODEL_PROCESS_HEAP_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/model/heap.h"
#include "tools/model/process.h"

namespace glassheap::tools {

// Nothing when the region makes no sense.
std::optional<ProcessHeap> SummarizeHeap(const RegionImage& image);

// Bytes asked for since the start, by threads that live (as they last published)
// and, where the writer says so, by those that have ended.
uint64_t AllocatedTotal(const RegionImage& image, const Heap& heap);

// What each of the threads keeps in its cache. Threads without one stay as they are. A region counts thread ids as the
// process sees them: in another pid namespace none is found.
void AddThreadCaches(const RegionImage& image, std::vector<ProcessThread>& threads);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_PROCESS_HEAP_H_
