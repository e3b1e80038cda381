// A heap over the last minutes, as the process itself wrote it down: one entry a
// second at most, while it allocates. Pure: no I/O. Bytes and seconds.

#ifndef GLASSHEAP_TOOLS_MODEL_HISTORY_H_
#define GLASSHEAP_TOOLS_MODEL_HISTORY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/model/heap.h"
#include "tools/read/region_image.h"

namespace glassheap::tools {

struct HistoryEntry {
  double seconds = 0;  // since the region was made
  HeapTiers tiers;     // as threads had published them; the residual is shown, not clamped
  uint64_t allocated_total = 0;
};

using HeapHistory = std::vector<HistoryEntry>;  // oldest first

// What the region remembers. Entries that make no sense are left out; empty when
// its writer keeps no history.
HeapHistory MakeHistory(const RegionImage& image);

// The same, and the heap as it is at `now_seconds` as the last entry. A heap that
// was quiet since its last entry has a last entry all the same.
HeapHistory MakeHistory(const RegionImage& image, const Heap& now, double now_seconds);

// Seconds between the making of the region and a moment of CLOCK_BOOTTIME.
double SecondsOfRegion(const RegionImage& image, double boottime_seconds);

struct LiveGrowth {
  int64_t bytes = 0;  // live at the end less live at the start
  double seconds = 0;
  // It is a rising floor and not a wave: of four equal parts of the time, the
  // lowest live figure of each is at least that of the part before, and that of
  // the last exceeds that of the first.
  bool sustained = false;
};

// Over the last `window` seconds of the history, or all of it when it is shorter.
// Nothing when it has fewer than two entries.
std::optional<LiveGrowth> GrowthOfLive(const HeapHistory& history, double window = 600);

// Every entry whose turn it is when `count` are wanted, evenly over the time; the
// first and the last always. Returns all when there are no more than count.
// REQUIRES: count >= 2.
HeapHistory Thin(const HeapHistory& history, size_t count);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_HISTORY_H_
