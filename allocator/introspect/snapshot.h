// The heap's tiers, added up from the rooms. The identity is built from independent counters: `residual` is what the
// page heap and the arena say is mapped less what the classes, the caches and the large objects account for.
//
// Thread safety: any thread; takes the rooms' locks one after the other, so it is exact only while nobody allocates.

#ifndef GLASSHEAP_ALLOCATOR_INTROSPECT_SNAPSHOT_H_
#define GLASSHEAP_ALLOCATOR_INTROSPECT_SNAPSHOT_H_

#include "allocator/heap/heap.h"
#include "allocator/introspection.h"

namespace glassheap {

// The tiers that mapped consists of, but for live_bytes: the one list of them inside the process.
struct TierRow {
  const char* name;
  uint64_t HeapSnapshot::*bytes;
};
inline constexpr TierRow kTiersButLive[] = {
    {"thread_cache_free", &HeapSnapshot::thread_cache_free},
    {"transfer_cache_free", &HeapSnapshot::transfer_cache_free},
    {"central_free", &HeapSnapshot::central_free},
    {"span_tail_waste", &HeapSnapshot::span_tail_waste},
    {"page_heap_free", &HeapSnapshot::page_heap_free},
    {"page_heap_released", &HeapSnapshot::page_heap_released},
    {"metadata", &HeapSnapshot::metadata},
    {"region_slack", &HeapSnapshot::region_slack},
};

// `own_allocated`: what the calling thread has asked for and not published yet.
HeapSnapshot MakeSnapshot(Heap& heap, uint64_t own_allocated);

// See CheckHeap in introspection.h.
void CheckWholeHeap(Heap& heap, bool quiet);

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_INTROSPECT_SNAPSHOT_H_
