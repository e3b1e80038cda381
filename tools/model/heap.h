// One process' heap, tier by tier, from its stats region. Pure: no I/O. Bytes.
//
//   mapped = live + thread caches + transfer caches + central + span tails +
//   page heap free + released
//          + metadata + region slack + residual
//
// The residual is what does not close. It is shown, never clamped: 0 once the
// process has come to rest, something else while its threads run and the
// sections are read one after the other. It is never more than the skew bound:
// the spans that came or went while the sections were read, and one span for
// each class that was just exchanging one (abi/stats_region.h says why).
//
// Small objects are known to be live or in a thread's cache by what threads
// last published (tier "published", within the caches' capacity), or by the
// caches' own lists (tier "exact"). Of the objects that are out of a class's
// centre, no more than all can be cached: an older or newer figure that says so
// is cut there, so that no live figure is below 0.

#ifndef GLASSHEAP_TOOLS_MODEL_HEAP_H_
#define GLASSHEAP_TOOLS_MODEL_HEAP_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/read/exact_tier.h"
#include "tools/read/region_image.h"
#include "tools/read/result.h"

namespace glassheap::tools {

struct HeapTiers {
  int64_t live_bytes = 0;
  int64_t thread_cache_free = 0;
  int64_t transfer_cache_free = 0;
  int64_t central_free = 0;
  int64_t span_tail_waste = 0;
  int64_t page_heap_free = 0;
  int64_t page_heap_released = 0;
  int64_t metadata = 0;
  int64_t region_slack = 0;
  int64_t mapped = 0;
  int64_t residual = 0;
};

// The one list of tiers, in the order of the sum. Every view walks it.
struct Tier {
  const char* key;    // in JSON
  const char* label;  // for people
  int64_t HeapTiers::*value;
  const char* note;  // what it is, where the label does not say
};

inline constexpr Tier kTiers[] = {
    {"live_bytes", "live", &HeapTiers::live_bytes, ""},
    {"thread_cache_free", "thread caches", &HeapTiers::thread_cache_free, ""},
    {"transfer_cache_free", "transfer caches", &HeapTiers::transfer_cache_free, "batches on their way between threads"},
    {"central_free", "central", &HeapTiers::central_free, "free slots of spans in use"},
    {"span_tail_waste", "span tails", &HeapTiers::span_tail_waste, "too short for one more object"},
    {"page_heap_free", "page heap", &HeapTiers::page_heap_free, "free spans, kept for reuse"},
    {"page_heap_released", "released", &HeapTiers::page_heap_released, "address space only"},
    {"metadata", "metadata", &HeapTiers::metadata, ""},
    {"region_slack", "metadata slack", &HeapTiers::region_slack, "mapped for metadata, not handed out yet"},
};

// mapped minus the tiers.
int64_t Residual(const HeapTiers& tiers);

struct HeapClass {
  uint64_t size = 0;
  int64_t live_objects = 0;
  uint64_t spans = 0;
  uint64_t slots = 0;
  uint64_t thread_cache_objects = 0;
  uint64_t transfer_cache_objects = 0;
  uint64_t central_objects = 0;
};

struct HeapThread {
  uint64_t tid = 0;
  uint64_t thread_cache_free = 0;
  uint64_t allocated_bytes_total = 0;  // as last published
};

enum class TierSource { kPublished, kExact };

struct HeapPeak {
  HeapTiers tiers;
  double seconds = 0;  // since the region was made
};

struct HeapInterval {
  int64_t low = 0;
  int64_t high = 0;
};

struct Heap {
  HeapTiers now;
  std::optional<HeapPeak> peak;  // as the process itself noted it
  TierSource source = TierSource::kPublished;
  uint64_t split_bound = 0;     // live and thread caches are known to this
  uint64_t skew_bound = 0;      // the residual is within this
  HeapInterval live;            // what is live lies in it
  uint64_t large_objects = 0;   // live, or kept by a thread
  uint64_t page_size = 0;       // of the heap
  uint64_t unsettled_rows = 0;  // of the region, while it was read
  bool hardened = false;        // by the hardened library
  std::vector<HeapClass> classes;
  std::vector<HeapThread> threads;
};

// The threads' own lists, and the classes whose objects were on the move while
// they were read: their lists and their rows do not belong together.
struct ExactLists {
  std::vector<ThreadLists> threads;
  std::vector<bool> moved;  // by class; empty: none
};

// Classes whose threads refilled or flushed between two images.
std::vector<bool> MovedClasses(const RegionImage& before, const RegionImage& after);

// "exact" or "published".
const char* TierName(TierSource source);

// Errors have kErrorUnreadable: a counter is missing, or claims more than an
// address space holds.
Result<Heap> MakeHeap(const RegionImage& image, const std::optional<ExactLists>& exact = std::nullopt);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_HEAP_H_
