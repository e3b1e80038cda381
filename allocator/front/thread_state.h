// What the allocator knows about the calling thread: one small block of initial-exec TLS without a constructor, usable
// from the thread's first instruction to its last.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_THREAD_STATE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_THREAD_STATE_H_

#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/heap/thread_cache.h"

namespace glassheap {

// The cache of a thread that has none: every list empty and full, so each call takes the slow path. Zero before the first
// call: no malloc gets to it, because the countdown is below 0, and no free, because nothing is ours.
extern constinit ThreadCache no_cache __attribute__((visibility("hidden")));

struct ThreadState {
  ThreadCache* cache = &no_cache;
  // Bytes until the slow path is taken to account for them: below 0 is due, and so is the first malloc.
  int64_t countdown = -1;
  // Sum of the intervals put into countdown. Bytes asked for so far: drawn - countdown.
  int64_t drawn = -1;
  // See AfterSlowFree in slow_path.cc.
  int64_t hasty_interval = 1024;
  uint64_t next_hasten = 0;
  uint64_t next_tick = 0;
  // What signal handlers freed in the middle of malloc: see Strand in slow_path.cc.
  void* stranded = nullptr;
  Span* stranded_large = nullptr;
  // The thread's destructor ran, or must never run: objects come and go uncached.
  bool exiting = false;
  // False only while ld.so runs IFUNC resolvers, before it has filled the TLS block: all is zero then, and will be reset.
  bool filled = true;

  bool has_cache() const { return cache != &no_cache; }
  uint64_t allocated() const { return static_cast<uint64_t>(drawn - countdown); }
};

extern constinit thread_local ThreadState thread_state GH_INITIAL_EXEC __attribute__((visibility("hidden")));

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_THREAD_STATE_H_
