// Who pins what: per size class, how full its spans are and how much memory their free slots keep from going back. Pure.
//
// A span goes back to the page heap only when its last object does. The free slots of a span with survivors are pinned;
// those of them that are in RAM cost memory now.

#ifndef GLASSHEAP_TOOLS_MODEL_FRAGMENTATION_H_
#define GLASSHEAP_TOOLS_MODEL_FRAGMENTATION_H_

#include <array>
#include <cstdint>
#include <vector>

#include "tools/model/heap_pages.h"

namespace glassheap::tools {

inline constexpr size_t kOccupancySteps = 8;

struct ClassFragmentation {
  uint64_t size = 0;  // bytes of an object
  uint64_t spans = 0;
  uint64_t slots = 0;
  uint64_t free_slots = 0;
  int64_t free_bytes = 0;    // of those
  int64_t pinned_bytes = 0;  // of those, in RAM
  // Spans by the part of their slots that is out: live, or cached for a thread. Step i of 8 is above i / 8, up to
  // (i + 1) / 8; the last has the full ones.
  std::array<uint64_t, kOccupancySteps> occupancy = {};
};

// Classes with spans, ascending.
std::vector<ClassFragmentation> FindFragmentation(const HeapPages& heap);

// Which step a span with so many slots out belongs to. REQUIRES: out <= slots, slots > 0.
size_t OccupancyStep(uint64_t out, uint64_t slots);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_FRAGMENTATION_H_
