// The process' one block heap, with what it needs to be a malloc: a lock, more memory, fork, the stats region.
//
// Memory comes from sbrk, so that the heap is one region as in the textbook, as long as the break can be moved; else in
// pages from mmap. None is given back.
//
// Environment, read once, when the library's constructor runs:
//   GLASSHEAP_BLOCK_FIT=first|next|best   default: next, the only one whose searches do not begin among small leftovers
//   GLASSHEAP_BLOCK_GROW=sbrk|pages       default: sbrk
//
// Thread safety: Enter() gives the heap to one thread at a time.

#ifndef GLASSHEAP_ALLOCATOR_BLOCK_PROCESS_HEAP_H_
#define GLASSHEAP_ALLOCATOR_BLOCK_PROCESS_HEAP_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/lock.h"
#include "allocator/base/stats_publisher.h"
#include "allocator/block/block_heap.h"

namespace glassheap {

struct ProcessHeap {
  BlockHeap blocks{BlockFit::kNext};
  StatsPublisher stats;
  Lock lock{LockRank::kPageHeap};
  uint64_t allocated_bytes_total = 0;  // asked for since the start
  uint64_t os_grows = 0;
  uint64_t os_failures = 0;
  uint64_t peak_used_bytes = 0;

  // An object, with more memory if there is no room. nullptr: there is none to be had. REQUIRES: the lock.
  void* Allocate(size_t size, size_t alignment);

  // Copies the counters into the stats region. REQUIRES: the lock.
  void Publish();

 private:
  bool Grow(size_t size, size_t alignment);
  bool AddMemory(size_t bytes);
  void PublishPeak();
};

extern constinit ProcessHeap process_heap;

// The lock, and what comes before it: the first call, the child of a fork.
class HeapHolder {
 public:
  HeapHolder();
  ~HeapHolder() { process_heap.lock.Release(); }
  HeapHolder(const HeapHolder&) = delete;
  HeapHolder& operator=(const HeapHolder&) = delete;
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BLOCK_PROCESS_HEAP_H_
