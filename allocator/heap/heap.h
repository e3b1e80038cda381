// The heap: one of each room, wired together. The only global state of the allocator, apart from what one thread has
// (thread_state.h), the hooks and the lifecycle's flags.
//
// The free mark: the first word of every free small object that is in a thread or transfer cache. malloc hands out only
// objects that have it, and clears it: an object that was freed twice comes up for the second time without it. A live
// object has it only by accident, or because the program copied it; where a slow path meets it in an object that should be
// live, it looks the object up before it calls it free.
//
// All of it is zero until Init(), so that a small process pays for what it uses only: no page of the file for values, and a
// central cache for each class that an object was ever wanted of.
//
// Thread safety: each room has its own. The registry of thread caches is under the page heap's lock.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_HEAP_H_
#define GLASSHEAP_ALLOCATOR_HEAP_HEAP_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/lock.h"
#include "allocator/base/macros.h"
#include "allocator/base/metadata_arena.h"
#include "allocator/base/racy.h"
#include "allocator/base/stats_publisher.h"
#include "allocator/heap/central_cache.h"
#include "allocator/heap/page_heap.h"
#include "allocator/heap/page_map.h"
#include "allocator/heap/size_classes.h"
#include "allocator/heap/thread_cache.h"

namespace glassheap {

class Heap {
 public:
  // Its first fields are all that free() reads of the heap: one cache line.
  alignas(64) PageMap pages;

  constexpr Heap() = default;
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // False: the kernel has no place for the heap. Idempotent; REQUIRES: one thread at a time.
  bool Init();
  bool ready() const { return __atomic_load_n(&ready_, __ATOMIC_ACQUIRE); }

  // Makes this a heap of the hardened library: see CentralCache::SetSlotHook; caches are filled in an order that cannot be foretold, and
  // what is attached to one is released before it is emptied.
  // REQUIRES: Init(), nothing was allocated yet, seed != 0.
  void Harden(CentralCache::SlotHook prepare, void (*release)(void* attachment), uint64_t seed);
  // Has a batch begin at a random place and go on in a random direction, if the heap is hardened.
  void Shuffle(void** objects, uint32_t n) {
    if (__builtin_expect(LoadRacy(&shuffle_state_) != 0, 0)) ShuffleSlow(objects, n);
  }

  // A cache for the calling thread. nullptr: no memory.
  ThreadCache* NewThreadCache(uint32_t tid);
  // Empties the cache and forgets it. `allocated`: what its thread asked for in all.
  void DeleteThreadCache(ThreadCache* cache, uint64_t allocated);

  // What one thread's stacks may hold together, in bytes.
  uint64_t thread_budget() const { return __atomic_load_n(&thread_budget_, __ATOMIC_RELAXED); }

  // Lets time pass for the transfer caches (once per kEpoch, whichever thread comes first) and the page heap.
  // REQUIRES: no lock held.
  void Tick(uint64_t now);

  // True while memory is free that Tick() would return. Any thread may ask.
  bool DecayPending() const { return page_heap.DecayPending() || __atomic_load_n(&spans_dirty_, __ATOMIC_RELAXED); }
  // Slots of spans were freed: Tick() should look at them.
  void NoteSpansDirty() {
    if (!LoadRacy(&spans_dirty_)) __atomic_store_n(&spans_dirty_, true, __ATOMIC_RELAXED);
  }

  // Publishes what the thread caches really hold, for whoever reads the region when the process is gone. Other threads'
  // lists are read as they stand.
  void PublishCaches();

  // One object, past the caches. nullptr: no memory.
  void* TakeUncached(SizeClass c);
  // REQUIRES: a live object of that class.
  void GiveUncached(SizeClass c, void* object);

  // True if the object is free somewhere: in the centre, or in any thread's cache (racy).
  bool IsFreeSomewhere(SizeClass c, const void* object);

  // Makes (or makes anew) the stats region and publishes everything in it. REQUIRES: no lock held.
  void AttachStats(uint32_t flags);

  // In the child of a fork, before anything is published there: the region is the parent's.
  void DetachStats();
  // In the child of a fork: gives back the caches of all threads but the one that is left, which may use its own meanwhile.
  // REQUIRES: no other thread has made a cache since.
  void KeepCache(ThreadCache* own);

  // All locks, in order. The second is for fork; false, with none of them: a holder forks (base/lock.h).
  void LockAll();
  bool LockAllUnlessHolderForks();
  void UnlockAll();
  // In the child of a fork. The second leaves the calling thread's own.
  void ResetLocks();
  void ResetLocksOfOthers();

  // REQUIRES: the page heap's lock.
  ThreadCache* first_cache() const { return caches_; }
  uint32_t cache_count() const { return cache_count_; }

  StatsPublisher stats;
  MetadataArena arena;
  PageHeap page_heap;
  // Those of classes that were never used are zero: Centre() makes one ready.
  CentralCache central[kClassCount];
  CentralCache& Centre(SizeClass c) {
    if (__builtin_expect(!central[c].ready(), 0)) StartCentre(c);
    return central[c];
  }

 private:
  template <typename Visit>
  void ForEachLock(Visit visit);
  GH_NOINLINE void StartCentre(SizeClass c);
  void Register(ThreadCache* cache);
  void Unregister(ThreadCache* cache);
  void ShuffleSlow(void** objects, uint32_t n);
  void SetBudget();
  abi::LayoutRow Layout() const;
  void PublishThreadRow(ThreadCache* cache);
  uint32_t FreeRow() const;
  void SweepDeadThreads();
  void DeleteUnregistered(ThreadCache* cache, uint64_t allocated);
  static void RecordPeak();
  static void RecordHistory();

  struct TierSums {
    uint64_t small_out = 0;  // of the central caches: live or in a thread's cache
    uint64_t small_cached = 0;
    uint64_t large_cached = 0;
    uint64_t transfer = 0;
    uint64_t central_free = 0;
    uint64_t span_tail = 0;
    uint64_t allocated = 0;  // since the start, by all threads
  };
  // REQUIRES: the page heap's lock, stats attached.
  TierSums SumTiers() const;

  uint64_t thread_budget_ = 0;
  ThreadCache* caches_ = nullptr;
  ThreadCache* spare_caches_ = nullptr;
  uint64_t next_tick_ = 0;
  uint64_t shuffle_state_ = 0;
  void (*release_attachment_)(void* attachment) = nullptr;
  bool spans_dirty_ = false;
  uint32_t cache_count_ = 0;
  uint32_t sweep_at_ = 0;
  bool ready_ = false;
};

// The process's heap.
extern constinit Heap heap __attribute__((visibility("hidden")));

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_HEAP_H_
