// glassheap's public C++ interface: what the heap holds, from inside. glassheap.h is the same in C.
//
// Link //allocator:glassheap, or find the functions in libglassheap.so. Every function is thread safe. None allocates.

#ifndef GLASSHEAP_ALLOCATOR_INTROSPECTION_H_
#define GLASSHEAP_ALLOCATOR_INTROSPECTION_H_

#include <cstddef>
#include <cstdint>

namespace glassheap {

// Where every byte of the heap is, tier by tier, in bytes. The words are those of the tools and their JSON.
struct HeapSnapshot {
  uint64_t live_bytes;  // of objects handed out and not freed: their classes' sizes, and pages above 256 KiB
  uint64_t live_objects;
  uint64_t thread_cache_free;    // free objects in thread caches
  uint64_t transfer_cache_free;  // free objects on their way between threads
  uint64_t central_free;         // free slots of spans
  uint64_t span_tail_waste;      // span bytes that belong to no slot
  uint64_t page_heap_free;       // free spans that may be resident
  uint64_t page_heap_released;   // free spans without memory
  uint64_t metadata;
  uint64_t region_slack;           // mapped for metadata and not handed out
  uint64_t mapped;                 // address space the heap and its metadata have grown into
  int64_t residual;                // mapped less the sum of the above: 0 when no other thread is in the allocator
  uint64_t threads;                // thread caches
  uint64_t allocated_bytes_total;  // asked for since the start; other threads' as last published
};

// Fills a snapshot. Exact when the other threads do not allocate meanwhile.
void TakeSnapshot(HeapSnapshot* snapshot);

enum class Ownership {
  kNotOwned,  // not an address of this heap
  kOwned,     // in an object, or the space of one
};
Ownership GetOwnership(const void* pointer);

// The bytes the program may use behind the pointer; 0 for nullptr and for pointers that are not objects.
size_t UsableSize(const void* pointer);

// Called after each allocation and before each deallocation, in the calling thread; must not allocate. At most 7 of each.
// With no hook installed the fast paths do not know that hooks exist.
using NewHook = void (*)(const void* pointer, size_t size);
using DeleteHook = void (*)(const void* pointer);
bool AddNewHook(NewHook hook);
bool RemoveNewHook(NewHook hook);
bool AddDeleteHook(DeleteHook hook);
bool RemoveDeleteHook(DeleteHook hook);

// Gives free memory back to the kernel until `bytes` went or none is left; empties the calling thread's cache and the
// transfer caches first. Returns the bytes that went.
size_t ReleaseMemory(size_t bytes);

struct SpanInfo {
  const void* start;
  size_t bytes;
  size_t object_size;  // 0: free, or one large object
  uint32_t slots;      // of small objects
  uint32_t slots_out;  // live or in a cache
  bool in_use;
  size_t resident_claim;  // bytes that may have memory behind them
};
using SpanVisitor = void (*)(const SpanInfo& span, void* context);
// Visits every span in address order, under the heap's locks: the visitor must not allocate.
void ForEachSpan(SpanVisitor visitor, void* context);

// Walks the whole heap and dies with a line on stderr if an invariant does not hold. `quiet`: no other thread is in the
// allocator, so their caches are checked as well, and the identity of HeapSnapshot must close.
void CheckHeap(bool quiet);

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_INTROSPECTION_H_
