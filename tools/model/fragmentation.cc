// Tested by tests/tools/model/heap_pages_test.cc.

#include "tools/model/fragmentation.h"

#include <map>

namespace glassheap::tools {

size_t OccupancyStep(uint64_t out, uint64_t slots) { return out == 0 ? 0 : (out * kOccupancySteps - 1) / slots; }

std::vector<ClassFragmentation> FindFragmentation(const HeapPages& heap) {
  std::map<uint64_t, ClassFragmentation> by_size;
  for (const SpanRecord& span : heap.table().spans) {
    const uint64_t size = heap.ObjectSize(span);
    if (size == 0 || span.capacity == 0) continue;
    ClassFragmentation& one = by_size[size];
    const uint64_t free = heap.FreeSlots(span);
    one.size = size;
    ++one.spans;
    one.slots += span.capacity;
    one.free_slots += free;
    one.free_bytes += static_cast<int64_t>(free * size);
    one.pinned_bytes += heap.Of(span).central.present;
    ++one.occupancy[OccupancyStep(span.capacity - free, span.capacity)];
  }
  std::vector<ClassFragmentation> classes;
  for (auto& [size, one] : by_size) classes.push_back(one);
  return classes;
}

}  // namespace glassheap::tools
