#include "allocator/heap/thread_cache.h"

#include <bit>
#include <cstddef>
#include <cstring>

#include "allocator/base/check.h"
#include "allocator/heap/heap.h"
#include "allocator/heap/misuse.h"

namespace glassheap {
namespace {

// A new list may hold this much, at least one object and at most kFirstCapacity: enough for a short thread to come to
// the centre once per class, little enough to stay within a page or two.
constexpr size_t kFirstBytes = 2 * kKiB;
constexpr uint32_t kFirstCapacity = 7;

// A list that only ever overflows (a consumer) may grow to this much before it gives half away.
constexpr size_t kOverflowBytes = 32 * kKiB;

// Lists of small objects grow no more when the thread's lists together reach this much, though the thread's budget allows
// more: two threads that free each other's objects filled 4 MiB each and were no faster for it. What a list of larger
// objects holds is a few of them, and 100 live ones of 8 to 32 KiB cost a third with lists that can hold them all.
constexpr uint64_t kSmallListsBytes = 1536 * kKiB;

// Another thread may fork between any two stores here, and its child finds this cache as it stands and takes it apart
// (AdoptOrphan). So an object must be out of the list before it is in the centre, and in the centre no more before it is
// in the list: what is nowhere meanwhile is lost to the child, what were in two places would be handed out twice. The
// kernel copies memory in the order in which this thread's stores became visible. Peek() needs that order too.
void ForkFence() { __atomic_thread_fence(__ATOMIC_RELEASE); }

// Marks objects that come from spans. known: see CentralCache::Taken. Dies on one that was written to while it was free, or
// was freed without ever having been handed out, and is another's by now.
void MarkAll(void** begin, void** end, bool known, const PageMap& pages) {
  for (void** slot = begin; slot < end; ++slot) {
    if (__builtin_expect(!known, 0)) {
      *static_cast<FirstWord*>(*slot) = kFreeMark;
    } else if (__builtin_expect(!MarkFree(*slot), 0)) {
      ReportMisuse(Misuse::kWriteAfterFree, *slot, pages);
    }
  }
}

uint32_t Min(uint32_t a, uint32_t b) { return a < b ? a : b; }
uint32_t Max(uint32_t a, uint32_t b) { return a > b ? a : b; }

// top and limit at once, in one instruction: a signal handler finds both or neither.
typedef uint64_t __attribute__((vector_size(16), aligned(8), may_alias)) Ends;
void SetEnds(FreeList& list, void** top, void** limit) {
  static_assert(offsetof(FreeList, limit) == offsetof(FreeList, top) + 8);
  *reinterpret_cast<volatile Ends*>(&list.top) =
      Ends{reinterpret_cast<uintptr_t>(top), reinterpret_cast<uintptr_t>(limit)};
}

uint32_t FirstCapacity(SizeClass c) {
  const uint32_t by_bytes = static_cast<uint32_t>(kFirstBytes / ClassSize(c));
  return Max(1, Min(by_bytes, kFirstCapacity));
}

}  // namespace

void ThreadCache::Init(Heap* heap, uint32_t tid) {
  MakeEmpty();
  heap_ = heap;
  tid_ = tid;
  SetRow(nullptr);
  for (SizeClass c = 1; c < kClassCount; ++c) lists_[c].inverse = IsGridClass(c) ? ClassInfo(c).inverse : 0;
}

ThreadCache::Closed ThreadCache::Close(SizeClass c) {
  FreeList& list = lists_[c];
  // A handler in between leaves it as it was, or what it adds is lost.
  const Closed closed = {list.length(), list.capacity()};
  SetEnds(list, list.end, list.end);
  ForkFence();
  return closed;
}

void ThreadCache::Open(SizeClass c, Closed closed) {
  FreeList& list = lists_[c];
  ForkFence();
  SetEnds(list, list.end - closed.length, list.end - closed.capacity);
}

// One batch more, or twice the present capacity where that is less; within the class's limit, `at_most`, and the thread's
// budget. Growth goes on while objects come, so that one swing to and fro is enough to reach the capacity it needs.
uint32_t ThreadCache::CapacityGoal(SizeClass c, uint32_t capacity, uint32_t at_most) const {
  if (capacity == 0) return FirstCapacity(c);
  const uint32_t goal = Min(Min(capacity + Min(capacity, ClassInfo(c).batch), ClassInfo(c).max_cached), at_most);
  if (goal <= capacity) return capacity;
  const uint64_t bytes = capacity_bytes_ + uint64_t{goal - capacity} * ClassSize(c);
  return bytes <= heap_->thread_budget() && (!IsGridClass(c) || bytes <= kSmallListsBytes) ? goal : capacity;
}

bool ThreadCache::GrowArray(SizeClass c, uint32_t capacity, uint32_t length) {
  FreeList& list = lists_[c];
  const bool own = capacity <= kOwnSlots && c < kOwnClasses;
  const uint32_t slots = own ? kOwnSlots : std::bit_ceil(capacity + 1) - 1;  // with the end slot a power of two
  void** array = own_[own ? c : 0];
  if (!own) {
    LockHolder hold(heap_->page_heap.lock());
    array = static_cast<void**>(heap_->page_heap.AllocateMetadata((slots + 1) * sizeof(void*)));
  }
  if (array == nullptr) return false;
  void** end = array + slots;
  *end = no_object_;
  memcpy(end - length, list.end - length, length * sizeof(void*));
  FreeArray(c);
  growth_[c].slots = static_cast<uint16_t>(slots);
  ForkFence();
  list.end = end;
  SetEnds(list, end, end);
  return true;
}

// First out of the list, then back to the arena: see ForkFence.
void ThreadCache::FreeArray(SizeClass c) {
  FreeList& list = lists_[c];
  const uint32_t slots = growth_[c].slots;
  if (slots == 0) return;
  void** array = list.end - slots;
  growth_[c].slots = 0;
  ForkFence();
  SetEnds(list, &no_object_slot_, &no_object_slot_);
  list.end = &no_object_slot_;
  ForkFence();
  if (c < kOwnClasses && array == own_[c]) return;
  LockHolder hold(heap_->page_heap.lock());
  heap_->page_heap.FreeMetadata(array, (slots + 1) * sizeof(void*));
}

// REQUIRES: capacity >= length.
bool ThreadCache::SetCapacity(SizeClass c, uint32_t capacity, Closed& list) {
  if (capacity > growth_[c].slots && !GrowArray(c, capacity, list.length)) return false;
  capacity_bytes_ += uint64_t{capacity} * ClassSize(c);
  capacity_bytes_ -= uint64_t{list.capacity} * ClassSize(c);
  list.capacity = capacity;
  return true;
}

// How the list's length changed since the centre was told; the centre adds it to its own count.
int64_t ThreadCache::TakeDrift(SizeClass c, uint32_t length) {
  if constexpr (!kIntrospection) return 0;
  const int64_t drift = int64_t{length} - growth_[c].published;
  growth_[c].published = static_cast<uint16_t>(length);
  cached_bytes_ += static_cast<uint64_t>(drift * static_cast<int64_t>(ClassSize(c)));
  return drift;
}

bool ThreadCache::Refill(SizeClass c) {
  const BusySection busy;
  Closed list = Close(c);
  const bool filled = list.length > 0 || FillClosed(c, list);  // a handler may have given back what it had taken
  Open(c, list);
  return filled;
}

// REQUIRES: it is empty.
bool ThreadCache::FillClosed(SizeClass c, Closed& list) {
  const bool first = list.capacity == 0;
  const uint32_t goal = CapacityGoal(c, list.capacity, ClassInfo(c).max_cached);
  if (goal > list.capacity && !SetCapacity(c, goal, list) && list.capacity == 0) return false;
  growth_[c].used = growth_[c].refilled = true;
  // Half, so that frees find room; at first all, since nothing is out that could come back.
  const uint32_t want = Max(1, Min(first ? list.capacity : list.capacity / 2, ClassInfo(c).batch));
  void** const end = lists_[c].end;
  void** const place = end - want;
  const int64_t drift = TakeDrift(c, 0);
  const CentralCache::Taken taken = heap_->Centre(c).Take(place, want, drift, true);
  if (taken.count == 0) return false;
  if (taken.count < want) memmove(end - taken.count, place, taken.count * sizeof(void*));
  MarkAll(end - taken.from_spans, end, taken.known, heap_->pages);
  heap_->Shuffle(end - taken.count, taken.count);
  list.length = taken.count;
  growth_[c].published = static_cast<uint16_t>(taken.count);
  cached_bytes_ += taken.count * ClassSize(c);
  return true;
}

bool ThreadCache::MakeRoom(SizeClass c) {
  const BusySection busy;
  Closed list = Close(c);
  const bool has_room = MakeRoomInClosed(c, list);
  Open(c, list);
  return has_room;
}

bool ThreadCache::MakeRoomInClosed(SizeClass c, Closed& list) {
  growth_[c].used = true;
  // A list that both runs empty and overflows is too short; one that only overflows belongs to a consumer.
  const uint32_t at_most =
      growth_[c].refilled ? ClassInfo(c).max_cached : Max(2, static_cast<uint32_t>(kOverflowBytes / ClassSize(c)));
  const uint32_t goal = CapacityGoal(c, list.capacity, at_most);
  if (goal > list.capacity && SetCapacity(c, goal, list)) return true;
  if (list.capacity == 0) return false;
  growth_[c].refilled = false;
  const uint32_t half = (list.length + 1) / 2;
  GiveOldest(c, Min(half, ClassInfo(c).batch), list);
  return true;
}

void ThreadCache::GiveOldest(SizeClass c, uint32_t n, Closed& list) {
  if (n == 0) return;
  const int64_t drift = TakeDrift(c, list.length);
  const uint32_t keep = list.length - n;
  void** const end = lists_[c].end;
  if (heap_->central[c].Give(end - n, n, drift, true)) heap_->NoteSpansDirty();
  memmove(end - keep, end - list.length, keep * sizeof(void*));
  list.length = keep;
  growth_[c].published = static_cast<uint16_t>(keep);
  cached_bytes_ -= n * ClassSize(c);
}

void ThreadCache::Trim() {
  for (SizeClass c = 1; c < kClassCount; ++c) {
    if (growth_[c].used || lists_[c].capacity() == 0) {
      growth_[c].used = false;
      continue;
    }
    Closed list = Close(c);
    const uint32_t keep = Max(1, list.capacity / 2);
    if (list.length > keep) GiveOldest(c, list.length - keep, list);
    SetCapacity(c, keep, list);
    Open(c, list);
  }
}

void ThreadCache::Tick(uint64_t now) {
  const BusySection busy;
  const bool idle = last_tick_ != 0 && now >= last_tick_ + kTrimInterval;
  last_tick_ = now;
  if (now < next_trim_) return;
  next_trim_ = now + kTrimInterval;
  if (idle) {
    Empty();
  } else {
    Trim();
    if (large_.count() > 0) DropLarge(large_.count() - 1);
  }
}

void ThreadCache::SetRow(abi::ThreadRow* to) {
  large_word_ = to != nullptr ? &to->large_cached_bytes : &unpublished_[0];
  allocated_word_ = to != nullptr ? &to->allocated_bytes_total : &unpublished_[1];
}

// Lets the oldest spans go until this one fits. False: it is too large to be kept.
bool ThreadCache::MakeLargeRoom(const Span* span) {
  large_budget_ = row == kNoRow && heap_->stats.attached() ? 0 : heap_->thread_budget();
  if (span->length().bytes() > large_budget_ / 2) return false;
  while (!large_.HasRoom(span, large_budget_)) DropLarge(large_.count() - 1);
  return true;
}

// Gives the oldest large spans to the page heap until `keep` are left.
void ThreadCache::DropLarge(uint32_t keep) {
  if (large_.count() <= keep) return;
  {
    LockHolder hold(heap_->page_heap.lock());
    while (large_.count() > keep) heap_->page_heap.Free(large_.TakeOldest());
  }
  StatsPublisher::Set(large_word_, large_.bytes());
}

void ThreadCache::Empty() {
  const BusySection busy;
  DropLarge(0);
  for (SizeClass c = 1; c < kClassCount; ++c) {
    Closed list = Close(c);
    GiveOldest(c, list.length, list);
    if (list.capacity > 0) SetCapacity(c, 0, list);
    FreeArray(c);
    growth_[c] = {};
  }
}

void ThreadCache::AdoptOrphan() {
  for (SizeClass c = 1; c < kClassCount; ++c) {
    FreeList& list = lists_[c];
    // In the middle of a change of its array the list is not one: what it held is lost.
    const bool whole = list.end != &no_object_slot_ && list.end - growth_[c].slots <= list.limit &&
                       list.limit <= list.top && list.top <= list.end;
    if (growth_[c].slots == 0 || !whole) {
      growth_[c].slots = 0;
      list.top = list.limit = list.end = &no_object_slot_;
    }
    for (void** slot = list.top; slot < list.end; ++slot) *static_cast<FirstWord*>(*slot) = kFreeMark;
  }
  {
    LockHolder hold(heap_->page_heap.lock());
    large_.DropMarked([this](Span* span) { heap_->page_heap.Free(span); });
  }
  Empty();
}

// Top and end may be read while GrowArray or FreeArray changes them: one of the old array and one of the new would span what
// is nobody's. So top must lie in the array that is known to end there: `slots` is the old array's until that is given up,
// and the new one's before its end is to be seen.
FreeList ThreadCache::Peek(SizeClass c) const {
  const FreeList& list = lists_[c];
  void** const end = LoadRacyFirst(&list.end);
  const size_t slots = LoadRacyFirst(&growth_[c].slots);
  void** const top = LoadRacyFirst(&list.top);
  const size_t length = static_cast<size_t>(end - top);  // huge if top is above
  const bool whole = length <= slots && LoadRacy(&list.end) == end;
  return {whole ? top : end, whole ? end - slots : end, 0, end};
}

bool ThreadCache::Holds(SizeClass c, const void* object) const {
  const FreeList list = Peek(c);
  for (void** slot = list.top; slot < list.end; ++slot) {
    if (LoadRacy(slot) == object) return true;
  }
  return false;
}

uint64_t ThreadCache::cached_bytes() const {
  uint64_t bytes = 0;
  for (SizeClass c = 1; c < kClassCount; ++c) bytes += uint64_t{Peek(c).length()} * ClassSize(c);
  return bytes;
}

void ThreadCache::Publish(uint64_t allocated) {
  allocated_ = allocated;
  if (row == kNoRow || !heap_->stats.attached()) return;
  abi::ThreadRow* to = heap_->stats.thread(row);
  const auto set = StatsPublisher::Set;
  set(&to->thread_cache_free, cached_bytes_);
  set(&to->thread_cache_capacity, capacity_bytes_);
  set(&to->allocated_bytes_total, allocated);
}

void ThreadCache::CheckInvariants() const {
  uint64_t capacity = 0;
  for (SizeClass c = 0; c < kClassCount; ++c) {
    const FreeList& list = lists_[c];
    GH_CHECK(list.limit <= list.top && list.top <= list.end);
    GH_CHECK(*list.end == no_object_);
    GH_CHECK(list.capacity() <= growth_[c].slots);
    if (c != 0) capacity += uint64_t{list.capacity()} * ClassSize(c);
    for (void** slot = list.top; slot < list.end; ++slot) {
      GH_CHECK(heap_->pages.At(heap_->pages.PageOf(*slot))->size_class == c);
      GH_CHECK(*static_cast<FirstWord*>(*slot) == kFreeMark);
    }
  }
  GH_CHECK(capacity == capacity_bytes_);
}

}  // namespace glassheap
