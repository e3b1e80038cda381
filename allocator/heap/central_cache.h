// One size class's store between the threads and the page heap: a transfer cache in front, spans behind.
//
// The transfer cache is an array of object pointers: batches go in and out by memcpy, so what one thread frees another
// takes without anyone looking at a span. When it is full or empty, objects go to and from the spans: one bit per free
// slot, outside the objects. Spans are kept in lists by how full they are, and the fullest give first, so that the
// emptiest get a chance to become free.
//
// Thread safety: takes its own lock; takes the page heap's inside.
//
// Invariants (under the lock):
//   (1) counters.central_objects = sum of free_slots() over the class's spans.
//   (2) A span is in list span->bucket unless all its slots are out; no span with all slots free is kept.
//   (3) slots - central_objects - transfer_objects = objects live or in thread caches.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_CENTRAL_CACHE_H_
#define GLASSHEAP_ALLOCATOR_HEAP_CENTRAL_CACHE_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/lock.h"
#include "allocator/base/racy.h"
#include "allocator/base/stats_publisher.h"
#include "allocator/heap/page_heap.h"
#include "allocator/heap/page_map.h"
#include "allocator/heap/size_classes.h"
#include "allocator/heap/span.h"

namespace glassheap {

class alignas(64) CentralCache {
 public:
  struct Counters {
    uint64_t spans = 0;
    uint64_t slots = 0;
    uint64_t central_objects = 0;
    uint64_t transfer_objects = 0;
    int64_t thread_cache_objects = 0;  // as last told by the threads
    uint64_t refills = 0;
    uint64_t flushes = 0;
  };

  struct Taken {
    uint32_t count = 0;
    uint32_t from_spans = 0;  // the last so many: their first word is not the free mark yet
    bool known = true;        // and it is 0 or the mark, unless somebody wrote there; see MarkFree()
  };

  constexpr CentralCache() = default;
  CentralCache(const CentralCache&) = delete;
  CentralCache& operator=(const CentralCache&) = delete;

  // REQUIRES: called once, before anything but lock() and ready(); lock() is held if another thread may be here.
  // list_offset: see PageMap's entries.
  void Init(SizeClass c, uint16_t list_offset, PageHeap* page_heap, PageMap* pages, StatsPublisher* stats);
  // False before Init(): no object of the class was ever handed out.
  bool ready() const { return __atomic_load_n(&page_heap_, __ATOMIC_ACQUIRE) != nullptr; }

  // Hardened library: `prepare` is called for each slot that leaves its span for the first time, and there is a word before
  // every slot that no object has: behind the slot before, or in a place that is never used. REQUIRES: no span yet.
  using SlotHook = void (*)(void* slot, size_t size);
  void SetSlotHook(SlotHook prepare) { prepare_ = prepare; }

  // Takes up to n objects; fewer than n only when memory runs out. `cached_change` is what else changed in the calling
  // thread's published number of cached objects; `to_cache` tells whether the objects go into a thread cache.
  Taken Take(void** out, uint32_t n, int64_t cached_change, bool to_cache);

  // Takes objects back. REQUIRES: each is a whole object of this class with the free mark (heap.h). Dies on one that is
  // free already.
  // Returns true if some of them went to their spans.
  bool Give(void** objects, uint32_t n, int64_t cached_change, bool from_cache);

  // Moves what the transfer cache holds to the spans.
  void DrainTransferCache();

  // Moves what the transfer cache held without a break since the last call to the spans.
  void TrimTransferCache();
  // False: the transfer cache is empty. Racy.
  bool holds_transfer() const { return LoadRacy(&counters_.transfer_objects) > 0; }

  // Gives the memory of system pages whose slots are all free back to the kernel, in spans that were left alone since the
  // last call; in all spans when most of the class's memory is free, or `all` is set. At most kMaxSpansPerRelease spans.
  // Returns the bytes that went.
  size_t ReleaseEmptyPages(bool all);
  static constexpr uint32_t kMaxSpansPerRelease = 4096;
  // False: not enough is free to be worth a look. Racy.
  bool worth_releasing() const;

  // True if the object is free here: its slot in the span, or in the transfer cache.
  bool HoldsFree(const void* object);
  // True if the object's slot was never handed out. REQUIRES: HoldsFree(object).
  bool IsFresh(const void* object);

  // Among the objects that are free here and were out before: one that does not pass the test, nullptr if there is none
  // among the first *bytes, which is what is left of them when this returns.
  const void* FindFree(bool (*passes)(const void* object), size_t* bytes);

  Lock& lock() { return lock_; }
  // A consistent copy.
  Counters counters();
  // REQUIRES: lock().
  const Counters& counters_locked() const { return counters_; }
  void Publish();
  // Publishes a number of cached objects that was counted, in place of what the threads told.
  void PublishCached(uint64_t objects);

  // Where readers from outside find the transfer cache.
  static constexpr size_t TransferOffset() { return offsetof(CentralCache, transfer_); }
  static constexpr size_t TransferObjectsOffset() {
    return offsetof(CentralCache, counters_) + offsetof(Counters, transfer_objects);
  }

  // Dies if an invariant does not hold. REQUIRES: lock().
  void CheckInvariants() const;
  // Checks one of this class's spans, and returns its free slots. REQUIRES: lock().
  static uint32_t CheckSpan(const Span* span, const PageMap& pages);

 private:
  static constexpr uint32_t kBuckets = 8;

  uint32_t TakeFromTransfer(void** out, uint32_t n);
  uint32_t TakeFromSpans(void** out, uint32_t n, bool* known);
  uint32_t TakeFromSpan(Span* span, void** out, uint32_t n, bool* known);
  uint32_t GiveToTransfer(void** objects, uint32_t n);
  void GiveToSpans(void** objects, uint32_t n);
  uint32_t GiveRun(void** objects, uint32_t n);
  uint32_t SetFreeBits(Span* span, void** objects, uint32_t n);
  bool GrowTransfer();
  void CountBatch(uint64_t* batches, int64_t cached_change);
  void PublishBatch(uint64_t abi::ClassRow::*word, uint64_t batches);
  void FillObjects(abi::ClassRow* row) const;
  Span* FullestWithRoom();
  Span* NewSpan();
  Span* TakeSpan();
  void BeginMove();
  void PrepareStart(Span* span);
  void OpenPages(const Span* span, uint32_t first_slot, uint32_t end_slot);
  void DropSpan(Span* span);
  void Rebucket(Span* span);
  size_t ReleaseEmptyPagesOf(Span* span);
  bool AllFree(const Span* span, uint32_t first, uint32_t last) const;
  void NoteRefilled(Span* span, const void* first, const void* last);
  uint32_t BucketFor(const Span* span) const;
  static size_t BitBytes(const Span* span) { return (span->capacity + 63u) / 64 * 8; }
  // Slots of each span that are never handed out: the first, where nothing lies before it.
  uint16_t pinned() const { return prepare_ != nullptr && !IsGridClass(class_) ? 1 : 0; }
  char* SlotAddress(const Span* span, uint32_t slot) const;
  uint32_t SlotOf(const Span* span, const void* object) const;
  const void* FindFreeInSpan(const Span* span, bool (*passes)(const void* object), size_t* bytes) const;

  Lock lock_{LockRank::kCentral};
  uint16_t list_offset_ = 0;
  SizeClass class_ = 0;
  uint32_t bucket_scale_ = 0;  // 2^19 / slots of a span
  PageHeap* page_heap_ = nullptr;
  PageMap* pages_ = nullptr;
  StatsPublisher* stats_ = nullptr;
  void** transfer_ = nullptr;
  SlotHook prepare_ = nullptr;
  uint32_t transfer_capacity_ = 0;
  uint32_t transfer_low_ = 0;  // least it held since the last TrimTransferCache
  Counters counters_;
  SpanList buckets_[kBuckets];
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_CENTRAL_CACHE_H_
