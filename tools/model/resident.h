// The waterfall: every byte of a process' RSS, by what it is used for. Pure: no I/O. Bytes.
//
//   Rss = live, touched + internal fragmentation + thread caches + transfer caches + central + span tails
//       + page heap free + released but still resident + metadata + our own stats
//       + stacks + files and libraries + other anonymous memory + shared memory + unattributed
//
// Each bucket counts the pages that are present, not what the heap believes. Exact tier: by the heap's spans. Published
// tier: which pages of the heap's window belong to which tier is not known; what is present there is shared out in
// proportion to the tiers, and `bounds` says between what and what each of them lies.
//
// Rss is smaps_rollup's, which is read after the pages. `unattributed` is what is left; it is shown, never clamped. `moved`
// is by how much RSS changed meanwhile.
//
// Internal fragmentation is an estimate: the heap does not keep what was asked for. Most requests are a multiple of 8
// bytes, so one of class c loses, on average, half of size(c) - size(c - 1) - 8, and at most size(c) - size(c - 1) - 1; a
// large one half a page of the heap. internal_frag_max is the sum of the latter.

#ifndef GLASSHEAP_TOOLS_MODEL_RESIDENT_H_
#define GLASSHEAP_TOOLS_MODEL_RESIDENT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tools/model/address_space.h"
#include "tools/model/heap.h"
#include "tools/model/heap_pages.h"
#include "tools/model/heap_window.h"
#include "tools/model/page_index.h"

namespace glassheap::tools {

struct ResidentAmounts {
  PageAmounts live_touched;
  PageAmounts internal_frag_est;
  PageAmounts thread_cache_free;
  PageAmounts transfer_cache_free;
  PageAmounts central_free;
  PageAmounts span_tail_waste;
  PageAmounts page_heap_free;
  PageAmounts page_heap_released;
  PageAmounts metadata;
  PageAmounts introspection;
  PageAmounts stacks;
  PageAmounts files;
  PageAmounts other_anonymous;
  PageAmounts shared_memory;
};

// The one list of buckets, in the order of the sum. Every view walks it.
struct ResidentBucket {
  const char* key;    // in JSON
  const char* label;  // for people
  PageAmounts ResidentAmounts::*amounts;
  const char* note;
  bool of_heap;  // the heap's own: in the published tier it has bounds
  const char* color;
};

inline constexpr ResidentBucket kResidentBuckets[] = {
    {"live_touched", "live, touched", &ResidentAmounts::live_touched, "", true, "#0072b2"},
    {"internal_frag_est", "~ internal fragmentation", &ResidentAmounts::internal_frag_est,
     "estimate: objects are larger than asked for", true, "#56b4e9"},
    {"thread_cache_free", "thread caches", &ResidentAmounts::thread_cache_free, "", true, "#009e73"},
    {"transfer_cache_free", "transfer caches", &ResidentAmounts::transfer_cache_free, "", true, "#009e73"},
    {"central_free", "central: span free slots", &ResidentAmounts::central_free, "", true, "#d55e00"},
    {"span_tail_waste", "span tails", &ResidentAmounts::span_tail_waste, "", true, "#d55e00"},
    {"page_heap_free", "page heap, free", &ResidentAmounts::page_heap_free, "kept for reuse", true, "#e69f00"},
    {"page_heap_released", "released, still resident", &ResidentAmounts::page_heap_released, "", true, "#e69f00"},
    {"metadata", "metadata", &ResidentAmounts::metadata, "", false, "#cc79a7"},
    {"introspection", "glassheap's stats", &ResidentAmounts::introspection, "", false, "#cc79a7"},
    {"stacks", "stacks", &ResidentAmounts::stacks, "", false, "#8c8c8c"},
    {"files", "files and libraries", &ResidentAmounts::files, "the program itself too", false, "#8c8c8c"},
    {"other_anonymous", "other anonymous memory", &ResidentAmounts::other_anonymous, "mmap by the program", false,
     "#f0e442"},
    {"shared_memory", "shared memory", &ResidentAmounts::shared_memory, "", false, "#8c8c8c"},
};
inline constexpr size_t kResidentBucketCount = std::size(kResidentBuckets);

struct Resident {
  TierSource source = TierSource::kPublished;
  ResidentAmounts now;
  std::vector<HeapInterval> bounds;  // published: of what is present, by bucket; empty: exact
  int64_t rss = 0;
  int64_t unattributed = 0;
  int64_t moved = 0;           // RSS after the scan less RSS before
  int64_t live_untouched = 0;  // allocated, never faulted: not in RSS. Published: as shared out
  int64_t swapped = 0;         // of all buckets
  int64_t huge = 0;            // of RSS, by huge pages
  int64_t internal_frag_max = 0;
  bool complete = true;  // false: more pages than a tool reads; the sum is short
};

struct ResidentInput {
  const Heap& heap;
  HeapWindow window;
  std::span<const Mapping> mappings;
  std::span<const SpaceKind> kinds;  // of each mapping; the window's are kGlassheap
  const PageIndex& pages;
  const HeapPages* spans = nullptr;  // nullptr: published tier
  int64_t rss = 0;
  int64_t rss_before = 0;
};

Resident MakeResident(const ResidentInput& input);

// All buckets together, less `unattributed`.
int64_t Attributed(const Resident& resident);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_RESIDENT_H_
