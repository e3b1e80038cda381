#include "allocator/front/slow_path.h"

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "allocator/base/check.h"
#include "allocator/base/os_memory.h"
#include "allocator/front/fast_path.h"
#include "allocator/front/hardened/hardened.h"
#include "allocator/front/large_end.h"
#include "allocator/front/lifecycle.h"
#include "allocator/front/object.h"
#include "allocator/front/policy.h"
#include "allocator/front/reserve.h"
#include "allocator/heap/misuse.h"
#include "allocator/introspect/hooks.h"

namespace glassheap {
namespace {

// Gross bytes are accounted for once in so many, and time is looked at; the second while memory waits to be returned.
constexpr int64_t kCountdownInterval = 2 * kMiB;
constexpr int64_t kHastyInterval = kKiB;
constexpr uint64_t kHastenInterval = 10'000'000;  // ns

void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

void* Announce(void* object, size_t size) {
  if (__builtin_expect(hooks::Any(), 0) && object != nullptr) hooks::RunNew(object, size);
  return object;
}

void PublishThread() {
  ThreadState& state = thread_state;
  if (state.has_cache()) state.cache->Publish(state.allocated());
}

// ---- signal handlers in the middle of malloc ----
//
// A handler that comes in while its thread holds a lock, or changes its own cache (BusySection), uses the lists that are not
// being changed as ever. Past them it goes straight to the centre, or to the reserve while its thread has a lock; and what
// it frees waits where it finds no room, until the thread is through.

// REQUIRES: Lock::AnyHeldByThisThread(). nullptr: no memory.
void* TakeBeside(SizeClass c) {
  if (!Lock::InTheWay()) return heap.TakeUncached(c);
  const size_t size = ClassSize(c);
  const size_t alignment = size & -size;  // of the class's objects
  return Reserve::Take(size, alignment < kPageSize ? alignment : kPageSize);
}

// Pushes on a list in one instruction, for another handler may come.
template <typename Node, typename NextOf>
void Push(Node** head, Node* node, NextOf next_of) {
  Node* first = *head;
  do {
    *next_of(node) = first;
  } while (!__atomic_compare_exchange_n(head, &first, node, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

void Strand(void* object) {
  Push(&thread_state.stranded, object, [](void* at) { return static_cast<void**>(at); });
}

GH_NOINLINE void GiveStrandedSlow() {
  ThreadState& state = thread_state;
  void* object = __atomic_exchange_n(&state.stranded, nullptr, __ATOMIC_RELAXED);
  while (object != nullptr) {
    void* const next = *static_cast<void**>(object);
    heap.GiveUncached(ClassOfObject(object), object);
    object = next;
  }
  Span* span = __atomic_exchange_n(&state.stranded_large, nullptr, __ATOMIC_RELAXED);
  LockHolder hold(heap.page_heap.lock());
  while (span != nullptr) {
    Span* const next = span->next;
    span->next = nullptr;
    heap.page_heap.Free(span);
    span = next;
  }
}

// Lets time pass for the thread's cache, the transfer caches and the page heap.
void Tick(uint64_t now) {
  if (Lock::AnyHeldByThisThread()) return;  // a signal handler's
  ThreadState& state = thread_state;
  GiveStranded();
  if (state.has_cache()) {
    state.cache->Tick(now);
    PublishThread();
  }
  heap.Tick(now);
}

// After a free that left the thread's cache. A thread that frees much and then goes quiet would keep what it freed until
// its countdown ends. So while memory waits to be returned, the countdown is cut short, and each time it ends too early
// it gets twice as long: a busy thread pays 11 visits in kHastenInterval, a quiet one comes after 1 KiB.
void AfterSlowFree() {
  ThreadState& state = thread_state;
  const uint64_t now = os::CoarseClock();
  if (now >= state.next_tick) {
    state.next_tick = now + PageHeap::kEpoch;
    Tick(now);
  }
  if (now < state.next_hasten || !heap.DecayPending() || state.countdown <= kHastyInterval) return;
  state.next_hasten = now + kHastenInterval;
  state.hasty_interval = kHastyInterval;
  state.drawn -= state.countdown - kHastyInterval;
  state.countdown = kHastyInterval;
}

// A thread state that ld.so has not filled yet has no cache, not even the one that stands for none. Its countdown is 0,
// so the first malloc comes by here.
void Repair(ThreadState& state) {
  if (!state.filled && state.cache == nullptr) state.cache = &no_cache;
}

// Accounts for `size` bytes outside the fast path. REQUIRES: lifecycle::Ready(), no lock held.
void CountDown(size_t size) {
  ThreadState& state = thread_state;
  Repair(state);
  state.countdown -= static_cast<int64_t>(size);
  if (__builtin_expect(state.countdown >= 0, 1)) return;
  int64_t interval = kCountdownInterval;
  if (heap.DecayPending() && state.hasty_interval < kCountdownInterval) interval = state.hasty_interval *= 2;
  const int64_t drawn =
      static_cast<int64_t>(RoundUp(static_cast<size_t>(-state.countdown), static_cast<size_t>(interval)));
  state.drawn += drawn;
  state.countdown += drawn;
  Tick(os::CoarseClock());
}

// ---- small objects ----

// The newest object has lost its mark. If it is on the list once more, it was freed twice; otherwise it may also have
// been written to, or freed twice and handed out in between.
[[noreturn]] void ReportDamaged(const FreeList& list) {
  void* const object = *list.top;
  for (void** slot = list.top + 1; slot < list.end; ++slot) {
    if (*slot == object) ReportMisuse(Misuse::kDoubleFree, object, heap.pages);
  }
  ReportMisuse(Misuse::kWriteAfterFree, object, heap.pages);
}

// REQUIRES: the list of c in the thread's cache has no object to give.
GH_NOINLINE void* RefillAndTake(SizeClass c) {
  ThreadState& state = thread_state;
  if (!state.has_cache() && !lifecycle::MakeCache()) return heap.TakeUncached(c);
  FreeList& list = state.cache->list(c);
  for (;;) {
    void** const top = list.top;
    if (void* object = TakeNewest(&list)) return object;
    if (top != list.end && !HasFreeMark(*top)) ReportDamaged(list);
    if (!state.cache->Refill(c)) return heap.TakeUncached(c);
    PublishThread();
  }
}

void* MallocSmall(SizeClass c) {
  if (void* object = TakeNewest(&thread_state.cache->list(c))) return object;
  if (__builtin_expect(Lock::AnyHeldByThisThread(), 0)) return TakeBeside(c);
  if (!lifecycle::Ready()) return nullptr;
  if (void* object = RefillAndTake(c)) return object;
  EmptyCaches();  // another class's objects may be all that keeps a span from us
  return heap.TakeUncached(c);
}

// Puts an object on its list; false: there is no room. REQUIRES: it is a live object of class c.
GH_ALWAYS_INLINE bool Put(void* object, SizeClass c) {
  FreeList* list = &thread_state.cache->list(c);
  void** top = list->top;
  if (top == list->limit) return false;
  *static_cast<FirstWord*>(object) = kFreeMark;
  top[-1] = object;
  list->top = top - 1;
  return true;
}

GH_NOINLINE void PutAfterMakingRoom(void* object, SizeClass c) {
  ThreadState& state = thread_state;
  if (__builtin_expect(Lock::AnyHeldByThisThread(), 0)) return Strand(object);
  if (!lifecycle::Ready()) return;
  if ((!state.has_cache() && !lifecycle::MakeCache()) || !state.cache->MakeRoom(c) || !Put(object, c)) {
    return heap.GiveUncached(c, object);
  }
  PublishThread();
  AfterSlowFree();
}

void FreeSmall(void* object, uint32_t entry) {
  const SizeClass c = ThreadCache::ClassAtOffset(PageMap::ListOffset(entry));
  if (!AtSlotStart(reinterpret_cast<uintptr_t>(object), entry, c)) {
    ReportMisuse(Misuse::kInteriorFree, object, heap.pages);
  }
  if (HasFreeMark(object)) DieIfFree(object, c, Misuse::kDoubleFree);
  if (!Put(object, c)) PutAfterMakingRoom(object, c);
}

// ---- large objects ----

Span* AllocateLarge(Length n, Length align) {
  LockHolder hold(heap.page_heap.lock());
  return heap.page_heap.AllocateLarge(n, align);
}

GH_NOINLINE void* NewLarge(size_t size, size_t alignment) {
  if (size > kMaxObjectSize) return nullptr;
  if (Lock::InTheWay()) return Reserve::Take(size, alignment);
  if (!lifecycle::Ready()) return nullptr;
  const Length n = Length::OfBytes(size);
  const Length align(alignment <= kPageSize ? 1 : alignment >> kPageShift);
  ThreadState& state = thread_state;
  state.drawn += static_cast<int64_t>(size);  // accounted for at once, past the countdown
  Span* span = AllocateLarge(n, align);
  if (span == nullptr && n.pages() < PageMap::kMaxPages && !Lock::AnyHeldByThisThread()) {
    EmptyCaches();  // what they hold may be what keeps free spans from becoming one
    span = AllocateLarge(n, align);
  }
  if (span == nullptr) return nullptr;
  LargeEnd::Set(span, size);
  return heap.pages.AddressOf(span);
}

// A large object that waits in its thread's cache carries the mark, as small ones do.
void MarkFreed(Span* span) { *static_cast<FirstWord*>(static_cast<void*>(heap.pages.AddressOf(span))) = kFreeMark; }

// Takes the mark away again.
void* RenewFreed(Span* span) {
  void* const object = heap.pages.AddressOf(span);
  if (!HasFreeMark(object)) ReportMisuse(Misuse::kWriteAfterFree, object, heap.pages);
  *static_cast<FirstWord*>(object) = 0;
  return object;
}

void FreeLarge(void* object) {
  if (GiveToReserve(object)) return;
  if (!Lock::AnyHeldByThisThread() && !lifecycle::Ready()) return;
  Span* span = LargeSpanOrDie(object, Misuse::kInteriorFree, Misuse::kInvalidFree, Misuse::kDoubleFree);
  if (!Claim(span)) ReportMisuse(Misuse::kDoubleFree, object, heap.pages);
  FreeClaimed(span);
}

}  // namespace

void FreeClaimed(Span* span) noexcept {
  if (__builtin_expect(Lock::AnyHeldByThisThread(), 0)) return StrandLarge(span);
  ThreadState& state = thread_state;
  MarkFreed(span);
  if ((state.has_cache() || lifecycle::MakeCache()) && state.cache->PutLarge(span)) return;
  {
    LockHolder hold(heap.page_heap.lock());
    heap.page_heap.Free(span);
  }
  AfterSlowFree();
}

void StrandLarge(Span* span) noexcept {
  Push(&thread_state.stranded_large, span, [](Span* at) { return &at->next; });
}

void GiveStranded() noexcept {
  const ThreadState& state = thread_state;
  if (__builtin_expect(state.stranded != nullptr || state.stranded_large != nullptr, 0)) GiveStrandedSlow();
}

void EmptyCaches() {
  if constexpr (kHardened) hardened::EmptyLargeQuarantine();
  ThreadState& state = thread_state;
  if (state.has_cache()) {
    state.cache->Empty();
    PublishThread();
  }
  for (SizeClass c = 1; c < kClassCount; ++c) {
    if (heap.central[c].ready()) heap.central[c].DrainTransferCache();
  }
}

void* MallocMedium(size_t size) noexcept {
  if (__builtin_expect(size > kMaxSmallSize, 0)) return MallocLarge(size);
  // List 0 is always empty: hooks want to know.
  return MallocFromList(size, __builtin_expect(hooks::Any(), 0) ? 0 : ThreadCache::ListOffset(ClassOf(size)));
}

void* MallocLarge(size_t size) noexcept {
  ThreadState& state = thread_state;
  if (size <= kMaxObjectSize && state.has_cache() && !heap.stats.NeedsAttach() && !hooks::Any() &&
      !Lock::AnyHeldByThisThread()) {
    const int64_t drawn = state.drawn + static_cast<int64_t>(size);
    if (Span* span = state.cache->TakeLarge(Length::OfBytes(size), static_cast<uint64_t>(drawn - state.countdown))) {
      state.drawn = drawn;
      LargeEnd::Set(span, size);
      return RenewFreed(span);
    }
  }
  void* object = NewLarge(size, kPageSize);
  if (__builtin_expect(object == nullptr, 0)) return NoMemory();
  return Announce(object, size);
}

void* MallocCountdown(size_t size) noexcept {
  if (__builtin_expect(Lock::AnyHeldByThisThread(), 0)) return MallocSlow(size);  // the account is drawn up later
  thread_state.countdown += static_cast<int64_t>(size);  // undone, and done again with what is due
  Repair(thread_state);
  if (lifecycle::Ready()) CountDown(size);
  return MallocSlow(size);
}

void* MallocSlow(size_t size) noexcept {
  void* object = MallocSmall(ClassOf(size));
  if (__builtin_expect(object == nullptr, 0)) return NoMemory();
  return Announce(object, size);
}

namespace {

// An object of `rounded` bytes for a request of `size`, which is what is counted and what hooks hear of.
GH_ALWAYS_INLINE void* MallocRounded(size_t rounded, size_t size) {
  if (__builtin_expect(hooks::Any(), 0)) {
    if (lifecycle::Ready()) CountDown(size);
    void* object = MallocSmall(ClassOf(rounded));
    return object != nullptr ? Announce(object, size) : NoMemory();
  }
  void* object = FastMalloc(rounded);
  thread_state.countdown += static_cast<int64_t>(rounded - size);
  return object;
}

}  // namespace

void* MallocAligned(size_t alignment, size_t size) noexcept {
  if (alignment <= 16 && size >= alignment) return FastMalloc(size);
  if (size <= kMaxSmallSize && alignment <= kPageSize) {
    // A size of 0 is an object like any other.
    if (const SizeClass c = AlignedClassOf(size == 0 ? 1 : size, alignment)) return MallocRounded(ClassSize(c), size);
  }
  if (size > kMaxObjectSize || alignment > kMaxObjectSize - size) return NoMemory();
  void* object = NewLarge(size == 0 ? 1 : size, alignment);
  return object != nullptr ? Announce(object, size) : NoMemory();
}

void* MallocZeroed(size_t size) noexcept {
  void* object = FastMalloc(size);
  if (object != nullptr && !KnownZero(object)) memset(object, 0, size);
  return object;
}

namespace {

// Not in a small span as far as the fast path can tell. A large object that its thread keeps for the next request needs
// no look at anything but its span.
GH_NOINLINE void FreeUnlisted(void* object) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  ThreadState& state = thread_state;
  if (!heap.pages.Contains(address) || hooks::Any() || heap.stats.NeedsAttach() || !state.has_cache()) {
    return FreeSlow(object);
  }
  const PageId page = heap.pages.PageOf(address);
  Span* span = heap.pages.At(page);
  if (span == nullptr || span->state != SpanState::kLarge || span->first() != page || span->cached ||
      address % kPageSize != 0 || !LargeEnd::Holds(span) || !Claim(span)) {
    return FreeSlow(object);
  }
  FreeClaimed(span);
}

}  // namespace

void FreeMedium(void* object) noexcept {
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  const uint32_t entry = heap.pages.FastEntry(address);
  const uint32_t list_offset = PageMap::ListOffset(entry);
  if (list_offset == 0) return FreeUnlisted(object);
  FreeList* list = thread_state.cache->ListAt(list_offset);
  // A grid class comes by here only with a pointer that is not at a multiple of its size.
  if (list->inverse != 0) return FreeSlow(object);
  const uint64_t inverse = kInverses[ThreadCache::ClassAtOffset(list_offset)];
  const size_t offset = (size_t{PageMap::PageInSpan(entry)} << kPageShift) + address % kPageSize;
  FirstWord* first = static_cast<FirstWord*>(object);
  void** top = list->top;
  if (__builtin_expect(offset * inverse >= inverse, 0)) return FreeSlow(object);
  if (__builtin_expect(*top == object || top == list->limit, 0)) return FreeSlow(object);
  *first = kFreeMark;
  top[-1] = object;
  list->top = top - 1;
}

void FreeSlow(void* object) noexcept {
  if (object == nullptr) return;
  if (hooks::Any()) hooks::RunDelete(object);
  if (const uint32_t entry = EntryOf(object)) return FreeSmall(object, entry);
  FreeLarge(object);
}

void FreeSizedAligned(void* object, size_t size) noexcept {
  if (object == nullptr) return;
  const uint32_t offset = PageMap::ListOffset(EntryOf(object));
  // An aligned object may be in a larger class than its size asks for, never in a smaller one.
  const size_t usable = offset != 0
                            ? ClassSize(ThreadCache::ClassAtOffset(offset))
                            : SizeOrDie(object, Misuse::kInteriorFree, Misuse::kInvalidFree, Misuse::kDoubleFree);
  if (__builtin_expect(size > usable, 0)) ReportMisuse(Misuse::kWrongSize, object, heap.pages, size);
  FastFree(object);
}

void FreeSized(void* object, size_t size) noexcept {
  if (object == nullptr) return;
  if (const uint32_t entry = EntryOf(object)) {
    const SizeClass c = ThreadCache::ClassAtOffset(PageMap::ListOffset(entry));
    if (size > kMaxSmallSize || ClassOf(size) != c) ReportMisuse(Misuse::kWrongSize, object, heap.pages, size);
    return FastFree(object);
  }
  const size_t usable = SizeOrDie(object, Misuse::kInteriorFree, Misuse::kInvalidFree, Misuse::kDoubleFree);
  // The reserve does not know what was asked for.
  const bool exact = heap.pages.Contains(reinterpret_cast<uintptr_t>(object));
  if (exact ? size != usable : size > usable) ReportMisuse(Misuse::kWrongSize, object, heap.pages, size);
  FastFree(object);
}

}  // namespace glassheap
