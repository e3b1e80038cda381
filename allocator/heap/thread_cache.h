// One thread's free objects: a stack of pointers per size class, used without locks.
//
// The stacks are arrays outside the objects and grow downward: malloc reads *top and moves top up, free writes below top
// and moves it down. A free object carries the heap's free mark in its first word (heap.h), written by free, checked and
// cleared by malloc; so an object that was freed twice or written after free is never handed out.
//
//        limit            top                    end
//   | not allowed | room   | newest  ...  oldest | -> an object without the mark
//
// The slot at `end` points to an object that never has the mark, so "empty" and "damaged" are one test in malloc.
//
// How long a stack may become adapts: it doubles when the thread comes for more, and a thread's stacks together stay
// within a budget. Overflow gives the older half away.
//
// Thread safety: only its own thread touches it, but for AdoptOrphan, and racy readers (snapshots, the exact tier). A signal
// handler in that thread may use the lists at any time, and REQUIRES !Lock::AnyHeldByThisThread() for every other method that
// changes something.
//
// Invariants:
//   (1) limit <= top <= end, and end - limit = the class's capacity.
//   (2) The list of class 0, and every list that has no array yet, is empty and full at once.
//   (3) inverse is the class's inverse for grid classes and 0 for all others, so that free's divisibility test fails for
//       what is not its business.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_THREAD_CACHE_H_
#define GLASSHEAP_ALLOCATOR_HEAP_THREAD_CACHE_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/lock.h"
#include "allocator/base/macros.h"
#include "allocator/base/racy.h"
#include "allocator/heap/central_cache.h"
#include "allocator/heap/large_cache.h"
#include "allocator/heap/size_classes.h"

namespace glassheap {

class Heap;

struct FreeList {
  void** top;
  void** limit;
  uint64_t inverse;
  void** end;

  uint32_t length() const { return static_cast<uint32_t>(end - top); }
  uint32_t capacity() const { return static_cast<uint32_t>(end - limit); }
};
static_assert(sizeof(FreeList) == 32);

class ThreadCache {
 private:
  // The first array of a grid class lies in the cache itself: a thread that only allocates a little needs no other.
  static constexpr uint32_t kOwnSlots = 7;
  static constexpr SizeClass kOwnClasses = ClassOfConstant(kMaxGridSize) + 1;

  FreeList lists_[kClassCount] = {};  // first, so that an offset in the tables is an offset from the cache

 public:
  // All zero, and good for nothing before MakeEmpty() or Init(); or empty already.
  constexpr explicit ThreadCache(bool empty = false) {
    if (empty) MakeEmpty();
  }
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;

  static constexpr uint16_t ListOffset(SizeClass c) { return static_cast<uint16_t>(c * sizeof(FreeList)); }
  static constexpr SizeClass ClassAtOffset(uint32_t offset) { return offset / sizeof(FreeList); }

  GH_ALWAYS_INLINE FreeList* ListAt(uint32_t offset) {
    return reinterpret_cast<FreeList*>(reinterpret_cast<char*>(this) + offset);
  }
  FreeList& list(SizeClass c) { return lists_[c]; }
  // The list's objects as another thread finds them, top to end; it may be none while the list gets another array.
  FreeList Peek(SizeClass c) const;
  const FreeList& list(SizeClass c) const { return lists_[c]; }

  // Makes every list empty and full: the cache of a thread that has none. REQUIRES: *this is zero.
  constexpr void MakeEmpty() {
    row = kNoRow;
    no_object_[0] = kNoObject;
    no_object_slot_ = no_object_;
    for (FreeList& list : lists_) list = {&no_object_slot_, &no_object_slot_, 0, &no_object_slot_};
  }

  // REQUIRES: *this is zeroed metadata.
  void Init(Heap* heap, uint32_t tid);

  // Fills a list that is empty. False: no memory at all, or none for an array (use the centre directly).
  bool Refill(SizeClass c);

  // Makes room for at least one object in a full list. False: there is no array to be had.
  bool MakeRoom(SizeClass c);

  // Gives everything back to the centre and frees the arrays.
  void Empty();

  // The same for a cache whose thread is gone (fork): its top object may be half taken, so every mark is written again.
  void AdoptOrphan();

  // Once every kTrimInterval: lists that were not used meanwhile give back half and shrink, and the oldest large span
  // goes. After a pause of more than that, everything unused goes.
  void Tick(uint64_t now);
  static constexpr uint64_t kTrimInterval = 500'000'000;  // ns

  // Large spans. TakeLarge: nullptr if none fits. PutLarge: false if the page heap should have it.
  Span* TakeLarge(Length n, uint64_t allocated) {
    const BusySection busy;
    Span* span = large_.Take(n);
    if (span == nullptr) return nullptr;
    StatsPublisher::Set(large_word_, large_.bytes());
    StatsPublisher::Set(allocated_word_, allocated);
    return span;
  }
  bool PutLarge(Span* span) {
    const BusySection busy;
    if (!large_.HasRoom(span, large_budget_) && !MakeLargeRoom(span)) return false;
    large_.Put(span);
    StatsPublisher::Set(large_word_, large_.bytes());
    return true;
  }
  uint64_t large_cached_bytes() const { return large_.bytes(); }
  uint32_t large_cached_objects() const { return large_.count(); }

  // True if a list holds the object. Racy when another thread asks: it may miss or see an object on its way.
  bool Holds(SizeClass c, const void* object) const;

  uint64_t cached_bytes() const;  // any thread may ask
  uint64_t capacity_bytes() const { return capacity_bytes_; }
  uint32_t tid() const { return tid_; }
  void SetTid(uint32_t tid) { tid_ = tid; }

  // Writes the thread's row. allocated: what the thread asked for so far, in bytes.
  void Publish(uint64_t allocated);
  uint64_t published_allocated() const { return LoadRacy(&allocated_); }

  // Where the words that are published on every large object go: the thread's row, or a place of no importance.
  // A thread without a row keeps no large spans: the tools' sum would miss them.
  void SetRow(abi::ThreadRow* row);

  // The first word of what is no object: neither the mark nor 0.
  static constexpr uint64_t kNoObject = 1;
  static_assert(kFreeMark != kNoObject);

  // Registry links and row, owned by Heap under the page heap's lock.
  ThreadCache* next = nullptr;
  ThreadCache* prev = nullptr;
  uint32_t row = 0;
  static constexpr uint32_t kNoRow = ~0u;

  // What goes with the cache (Heap::Harden).
  void* attachment = nullptr;

  void CheckInvariants() const;

 private:
  // What refills and flushes need; off the fast path's cache lines.
  struct Growth {
    uint16_t slots;      // of the array, but for the one at the end; kOwnSlots: the array is in own_
    uint16_t published;  // length as the centre knows it
    bool used;           // refilled or flushed since the last Trim
    bool refilled;       // refilled since the last flush
  };

  // A list that is being changed is closed: nothing to take and no room, so that a signal handler's malloc and free go round
  // it. This is what it has; its objects lie before `end`.
  struct Closed {
    uint32_t length;
    uint32_t capacity;
  };
  Closed Close(SizeClass c);
  void Open(SizeClass c, Closed list);

  uint32_t CapacityGoal(SizeClass c, uint32_t capacity, uint32_t at_most) const;
  // Of a closed list, all of them.
  bool FillClosed(SizeClass c, Closed& list);
  bool MakeRoomInClosed(SizeClass c, Closed& list);
  bool SetCapacity(SizeClass c, uint32_t capacity, Closed& list);
  bool GrowArray(SizeClass c, uint32_t capacity, uint32_t length);
  void FreeArray(SizeClass c);
  void GiveOldest(SizeClass c, uint32_t n, Closed& list);
  int64_t TakeDrift(SizeClass c, uint32_t length);
  void Trim();
  void DropLarge(uint32_t keep);
  GH_NOINLINE bool MakeLargeRoom(const Span* span);

  // What every empty list's top points to: never marked.
  uint64_t no_object_[2] = {};
  void* no_object_slot_ = nullptr;

  Growth growth_[kClassCount] = {};
  Heap* heap_ = nullptr;
  uint64_t capacity_bytes_ = 0;
  uint64_t cached_bytes_ = 0;  // as last published
  uint64_t allocated_ = 0;
  uint64_t last_tick_ = 0;
  uint64_t next_trim_ = 0;
  LargeCache large_ = {};
  uint64_t large_budget_ = 0;
  uint64_t* large_word_ = nullptr;
  uint64_t* allocated_word_ = nullptr;
  uint64_t unpublished_[2] = {};
  void* own_[kOwnClasses][kOwnSlots + 1] = {};
  uint32_t tid_ = 0;
};

static_assert(sizeof(ThreadCache) <= 8192, "one block of the arena");

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_THREAD_CACHE_H_
