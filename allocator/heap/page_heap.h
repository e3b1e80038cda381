// All pages of the heap: hands out spans, takes them back, joins neighbours, and returns memory to the kernel.
//
// Free spans of 1 to 128 pages are in one list per length, longer ones in an ordered set; each of the two twice, for
// spans that may have memory behind them and for spans that have none. A request takes the best fit among the spans
// with memory first (no page fault, no growth of RSS), then among those without, then grows the heap.
//
// Return to the kernel: in every epoch (kEpoch) the page heap remembers how low its free memory went. What stayed free
// for a whole epoch was not needed in it and goes back, longest spans first. Checked when a span is taken or freed, and
// by Tick(); a call that comes after an idle epoch releases all that lay free meanwhile.
//
// Thread safety: every method REQUIRES lock(), but Lock itself, and MoveMemory, which takes it.
//
// Invariants:
//   (1) heap_mapped = small span bytes + large bytes + free + released.
//   (2) No two neighbouring spans are both free.
//   (3) A free span's resident_pages is the number of its resident bits in the page map; every page of a span in use has
//       its bit set.
//   (4) metadata_mapped = metadata + slack (the arena's and the page map's).

#ifndef GLASSHEAP_ALLOCATOR_HEAP_PAGE_HEAP_H_
#define GLASSHEAP_ALLOCATOR_HEAP_PAGE_HEAP_H_

#include <cstdint>

#include "allocator/base/lock.h"
#include "allocator/base/macros.h"
#include "allocator/base/metadata_arena.h"
#include "allocator/base/stats_publisher.h"
#include "allocator/heap/page_map.h"
#include "allocator/heap/span.h"
#include "allocator/heap/span_set.h"

namespace glassheap {

class PageHeap {
 public:
  static constexpr size_t kMaxListed = 128;        // pages
  static constexpr uint64_t kEpoch = 500'000'000;  // ns

  // What is in use and what is free, in bytes; the rows of stats.def.
  struct Counters {
    uint64_t small_span_bytes = 0;
    uint64_t large_bytes = 0;  // live, or in a thread's large cache
    uint64_t large_objects = 0;
    uint64_t spans = 0;
    uint64_t heap_mapped = 0;
    uint64_t free_resident = 0;
    uint64_t free_released = 0;
    uint64_t grows = 0;
    uint64_t releases = 0;
    uint64_t released_bytes_total = 0;
    uint64_t failures = 0;
    uint64_t ended_threads = 0;
    uint64_t ended_allocated_bytes = 0;
    uint64_t taken_bytes_total = 0;  // of spans, small and large
    uint64_t returned_bytes_total = 0;
  };

  constexpr PageHeap() = default;
  // REQUIRES: called once, before anything else.
  void Init(PageMap* pages, MetadataArena* arena, StatsPublisher* stats) {
    pages_ = pages;
    arena_ = arena;
    stats_ = stats;
  }
  PageHeap(const PageHeap&) = delete;
  PageHeap& operator=(const PageHeap&) = delete;

  // So many of the first spans of more than 128 KiB, to 1 MiB, that need fresh memory get it between two pages that are not
  // mapped: who runs off either end of such an object faults. Only the first, as each is a mapping of its own, of which the
  // kernel allows 65,530, and joins no neighbour when it is freed. REQUIRES: called before anything is taken.
  void LetStandApart(uint32_t count) { apart_left_ = count; }

  Lock& lock() { return lock_; }

  // A span for objects of one class; registered in the page map by the caller. nullptr: no memory.
  Span* AllocateSmall(Length n);

  // A span for one object of n pages, aligned to `align` pages (a power of two). nullptr: no memory.
  // span->zeroed tells whether its memory is known to be zero.
  Span* AllocateLarge(Length n, Length align = Length(1));

  // REQUIRES: the span is in use; for a small one: no object is out and its entries are cleared.
  void Free(Span* span);

  // Moves the memory of `from`, a large span, to the start of `to`, another that is no shorter, without a copy. `from` reads
  // as zero then, and is to be given to FreeEmptied. False: nothing has changed but what was in `to`; the caller may copy.
  // At most kMaxMoved spans are moved ones: each is two mappings more, of which the kernel allows 65,530, until it is freed.
  // REQUIRES: lock() is not held, as a gigabyte takes milliseconds. Nobody else uses the spans.
  bool MoveMemory(Span* from, Span* to);
  void FreeEmptied(Span* span);
  static constexpr uint32_t kMaxMoved = 4096;

  // Takes all access to the first `lead` pages of a large span and to its last one away, until it is freed. Does nothing
  // when kMaxGuarded spans have guards, which are mappings of their own, or the kernel refuses.
  void Guard(Span* span, Length lead);
  static constexpr uint32_t kMaxGuarded = 8192;
  // Frees one span whose guards the kernel did not open when it was freed. False: there is none, or it still refuses.
  // Done before the heap grows.
  bool FreeOneSetAside();

  // Changes a large span's length in place: cuts its tail off, or takes from the free span (or fresh memory) behind it.
  // False: nothing was changed.
  bool Resize(Span* span, Length n);

  // Returns free memory to the kernel until `bytes` went or nothing is left. Returns the bytes that went.
  size_t Release(size_t bytes);

  // Lets time pass: closes the epoch if it is over, and releases what it left unused.
  void Tick(uint64_t now);

  // True while more than kPendingFloor and a tenth of what is in use lies free: Tick() should come soon. Any thread may ask.
  bool DecayPending() const { return __atomic_load_n(&decay_pending_, __ATOMIC_RELAXED); }
  static constexpr uint64_t kPendingFloor = kMiB;

  // Metadata for all rooms. When the kernel has no memory for the arena, free pages of the heap are made over to it.
  void* AllocateMetadata(size_t size);
  void FreeMetadata(void* block, size_t size) { arena_->Free(block, size); }

  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  uint64_t bytes_in_use() const { return counters_.small_span_bytes + counters_.large_bytes; }
  uint64_t metadata_mapped() const { return arena_->mapped() + pages_->mapped_bytes(); }
  uint64_t metadata_in_use() const { return arena_->in_use() + pages_->mapped_bytes(); }

  // Writes the GLOBAL row.
  void Publish();
  void FillRow(abi::HeapRow* row) const;

  // Called under the lock when bytes_in_use() has risen by 1/64 above where it was at the last call.
  using PeakHook = void (*)();
  void SetPeakHook(PeakHook hook) { peak_hook_ = hook; }

  // Called under the lock by Tick(), once per abi::kHistoryInterval at most.
  using HistoryHook = void (*)();
  void SetHistoryHook(HistoryHook hook) { history_hook_ = hook; }

  // Dies if an invariant does not hold. Walks every page.
  void CheckInvariants() const;

  // Visits every span, free or in use, in address order.
  template <typename Visit>
  void ForEachSpan(Visit visit) const {
    for (size_t page = 0; page < pages_->limit();) {
      const Span* span = pages_->At(PageId(page));
      if (span == nullptr || span->first_page != page) {
        ++page;  // a gap: another mapping lay in the way
        continue;
      }
      visit(span);
      page += span->page_count;
    }
  }

 private:
  // One of the two sides: free spans that may have memory, or that have none.
  struct FreeSide {
    SpanList lists[kMaxListed + 1];
    uint64_t nonempty[kMaxListed / 64 + 1] = {};
    SpanSet longer;
  };

  bool ReserveSpans(uint32_t n);
  bool DonateToArena(size_t size);
  Span* NewSpan(PageId first, Length n);
  void DeleteSpan(Span* span);
  FreeSide& SideOf(const Span* span) { return span->resident_pages > 0 ? with_memory_ : without_memory_; }
  void AddFree(Span* span);
  void RemoveFree(Span* span);
  Span* FindFit(Length n);
  static Span* FindFitIn(FreeSide& side, Length n);
  static Span* FirstListed(FreeSide& side, Length n);
  Span* TakeAligned(Length n, Length align);
  void CarveTail(Span* span, Length n);
  Span* CarveHead(Span* span, Length n);
  void MarkInUse(Span* span);
  void NotePeak();
  void NoteLow();
  void NoteHistory(uint64_t now);
  void Coalesce(Span* span);
  Span* FreeSpanBehind(const Span* span) const;
  bool Grow(Length n);
  Span* GrowBy(Length n);
  Span* StandApart(Length n, Length align);
  void JoinMoved(Span* span);
  void Renew(Span* span);
  void NoteEmpty(Span* span);
  void GiveBack(Span* span);
  GH_NOINLINE bool Unguard(Span* span);
  GH_NOINLINE void SetAside(Span* span);
  size_t ReleaseSpan(Span* span);
  Span* LongestWithMemory();

  PageMap* pages_ = nullptr;
  MetadataArena* arena_ = nullptr;
  StatsPublisher* stats_ = nullptr;
  Lock lock_{LockRank::kPageHeap};
  FreeSide with_memory_;
  FreeSide without_memory_;
  Counters counters_;
  Span* spare_spans_ = nullptr;  // descriptors not in use, through next
  uint32_t spare_count_ = 0;
  PeakHook peak_hook_ = nullptr;
  uint64_t next_peak_ = 0;
  HistoryHook history_hook_ = nullptr;
  uint64_t next_history_ = 0;
  uint64_t epoch_end_ = 0;
  uint64_t epoch_low_ = 0;  // least free_resident since the epoch began
  uint64_t last_tick_ = 0;
  uint64_t free_at_last_tick_ = 0;
  bool decay_pending_ = false;
  uint32_t apart_left_ = 0;
  bool top_stands_apart_ = false;  // growth begins with a gap
  uint32_t guarded_ = 0;
  uint32_t moved_ = 0;         // large spans with moved_pages
  Span* set_aside_ = nullptr;  // freed, but not to be opened; through next
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_PAGE_HEAP_H_
