#include "allocator/front/hardened/hardened.h"

#include <cerrno>
#include <cstdint>

#include "allocator/base/lock.h"
#include "allocator/base/os_memory.h"
#include "allocator/front/fast_path.h"
#include "allocator/front/hardened/beside.h"
#include "allocator/front/hardened/bindings.h"
#include "allocator/front/hardened/fault.h"
#include "allocator/front/hardened/guarded_pool.h"
#include "allocator/front/hardened/large.h"
#include "allocator/front/hardened/libc_blocks.h"
#include "allocator/front/hardened/object_size.h"
#include "allocator/front/hardened/quarantine.h"
#include "allocator/front/hardened/slot.h"
#include "allocator/front/hardened/trailer.h"
#include "allocator/front/hardened/zero_size.h"
#include "allocator/front/lifecycle.h"
#include "allocator/front/object.h"
#include "allocator/front/reserve.h"
#include "allocator/heap/misuse.h"
#include "allocator/introspect/hooks.h"

namespace glassheap::hardened {
namespace {

// One small object in so many is sampled, at random between 1 and twice this.
constexpr uint64_t kSampleInterval = 8192;
constexpr size_t kAnySize = GuardedPool::kAnySize;

void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

// Knuth's linear congruence: not for secrets, only so that nothing is in order. The upper bits are the good ones.
GH_ALWAYS_INLINE uint64_t NextRandom() {
  return part.random = part.random * 6364136223846793005u + 1442695040888963407u;
}

// Dies, unless the program cannot help it.
GH_NOINLINE void CheckFamily(const void* object) {
  if (!AllBoundToUs()) return;
  Report(Misuse::kWrongFamily, object);
}

// ---- taking ----

void StartThread() {
  const uint64_t own = reinterpret_cast<uintptr_t>(&part);
  part.random = (trailer_secret ^ own * 0x9e3779b97f4a7c15u) | 1;
  for (int i = 0; i < 4; ++i) NextRandom();
}

// False: try later.
bool MakeQuarantine() {
  if (ListTurn::Taken()) return false;
  const ListTurn turn;
  if (part.random == 0) StartThread();
  if (!thread_state.has_cache() && !lifecycle::MakeCache()) return false;
  part.quarantine = Quarantine::Make();
  thread_state.cache->attachment = part.quarantine;
  return part.quarantine != nullptr;
}

// An object leaves the quarantine: its first word is looked at before the mark takes its place; all the rest when it is
// handed out.
bool FirstWordWritten(const void* object) { return *static_cast<const FirstWord*>(object) != 0; }

// The countdown is over: looks through the quarantine, and samples.
GH_NOINLINE void* Sample(size_t size, Origin origin) {
  if (!lifecycle::Ready()) return nullptr;
  const bool first = part.random == 0;
  if (first) StartThread();
  part.until_sample =
      static_cast<int64_t>((NextRandom() >> 32) % (2 * kSampleInterval) + (first ? kSampleInterval / 8 : 1));
  if (Lock::AnyHeldByThisThread() || ListTurn::Taken()) return nullptr;  // a signal handler in the middle of malloc
  if (AnyStranded()) GiveStranded();
  // A part of it: what waits can be a megabyte.
  if (part.quarantine != nullptr) DieIfWritten(part.quarantine->FindInPart(NextRandom() >> 32, 8, &StillFree));
  if (first || size == 0 || size > GuardedPool::kMaxSize) return nullptr;
  return GuardedPool::Take(size, origin, NextRandom() >> 63 == 0);
}

struct Ways {
  static void* Medium(size_t bytes) {
    return Lock::AnyHeldByThisThread() ? TakeFromListOrBeside(bytes) : MallocMedium(bytes);
  }
  static void* Slow(size_t bytes) {
    return Lock::AnyHeldByThisThread() ? TakeFromListOrBeside(bytes) : MallocSlow(bytes);
  }
  // The account is drawn up later.
  static void* Countdown(size_t bytes) {
    return Lock::AnyHeldByThisThread() ? TakeFromListOrBeside(bytes) : MallocCountdown(bytes);
  }
};

GH_ALWAYS_INLINE void* TakeRaw(size_t bytes) {
  if (ListTurn::Taken()) return TakeBeside(bytes);
  const ListTurn turn;
  return FastMalloc<Ways>(bytes);
}

GH_NOINLINE void* TakeLargeOrFail(size_t size, size_t alignment, Origin origin, bool zero) {
  if (size > kMaxObjectSize || alignment > kMaxObjectSize - size) return NoMemory();
  // A mapping of its own, and zero.
  void* object = Lock::InTheWay() ? Reserve::Take(size, alignment) : TakeLarge(size, alignment, origin, zero);
  return object != nullptr ? object : NoMemory();
}

// An object of size zero. nullptr: there is no address left for it, it must be a slot like any other's.
GH_NOINLINE void* TakeNothing(size_t alignment, Origin origin) {
  const bool ready = Lock::AnyHeldByThisThread() ? heap.ready() : lifecycle::Ready();
  void* object = ready && alignment <= ZeroSize::kMaxAlignment ? ZeroSize::Take(alignment, origin) : nullptr;
  if (object != nullptr && hooks::Any()) hooks::RunNew(object, 0);
  return object;
}

// ---- giving ----

// REQUIRES: ZeroSize::Contains(object).
void GiveNothing(void* object, Origin origin, size_t size) {
  if (hooks::Any()) hooks::RunDelete(object);
  ZeroSize::Give(object, origin, size == kAnySize ? 0 : size);
}

GH_NOINLINE void PutSlow(void* object) {
  if (ListTurn::Taken() || Lock::AnyHeldByThisThread()) return PutBeside(object);
  const ListTurn turn;
  FreeSlow(object);
}

// Puts a free object on its thread's list.
GH_ALWAYS_INLINE void PutOnList(void* object, uint32_t list_offset) {
  if (__builtin_expect(FirstWordWritten(object), 0)) return DieIfWritten(object);
  FreeList* list = thread_state.cache->ListAt(list_offset);
  if (ListTurn::Taken()) return PutBeside(object);
  {
    const ListTurn turn;
    void** top = list->top;
    if (__builtin_expect(top != list->limit, 1)) {
      *static_cast<FirstWord*>(object) = kFreeMark;
      top[-1] = object;
      list->top = top - 1;
      return;
    }
  }
  PutSlow(object);
}

// REQUIRES: entry = EntryOf(object), not 0.
GH_ALWAYS_INLINE void* GiveSmall(void* object, uint32_t entry, Origin origin, size_t size) {
  Small small(object, entry, kOfFree);
  if (__builtin_expect(size != kAnySize && size != small.size(), 0)) Report(Misuse::kWrongSize, object, size);
  if (__builtin_expect(small.origin() != origin, 0)) CheckFamily(object);
  if (__builtin_expect(!small.EndBeforeHolds(object), 0)) DieIfWrittenBefore(object, small.capacity());
  MakeFree(object, small.capacity(), small.trailer(), part.clearing);
  if (__builtin_expect(part.quarantine == nullptr, 0) && !MakeQuarantine()) return object;
  return part.quarantine->Exchange(object, PageMap::ListOffset(entry), small.capacity(), NextRandom());
}

// Not in a small span as far as the fast table can tell: large, sampled, none of ours, or hooks want to know.
GH_NOINLINE void GiveSlow(void* object, Origin origin, size_t size) {
  if (object == nullptr || !lifecycle::Ready()) return;
  if (const uint32_t entry = EntryOf(object)) {
    if (void* leaves = GiveSmall(object, entry, origin, size)) {
      if (FirstWordWritten(leaves)) DieIfWritten(leaves);
      PutSlow(leaves);
    }
    return;
  }
  if (GuardedPool::Contains(object)) return GuardedPool::Give(object, origin, size);
  if (ZeroSize::Contains(object)) return GiveNothing(object, origin, size);
  if (GiveToReserve(object)) return;
  Span* span = LargeOrDie(object, kOfFree.interior, kOfFree.invalid, kOfFree.freed);
  if (size != kAnySize && size != SizeOfLarge(span)) Report(Misuse::kWrongSize, object, size);
  if (part.quarantine == nullptr && !Lock::AnyHeldByThisThread()) MakeQuarantine();
  GiveLarge(span, object, origin, part.clearing, NextRandom());
}

// REQUIRES: the object is in a small span.
GH_NOINLINE void GiveGeneral(void* object, Origin origin, size_t size) {
  const uint32_t entry = EntryOf(object);
  if (void* leaves = GiveSmall(object, entry, origin, size)) PutOnList(leaves, PageMap::ListOffset(entry));
}

// False: its owner says another size.
GH_ALWAYS_INLINE bool PromiseHolds(size_t promised, size_t size) {
  return promised == kAnySize || __builtin_expect(promised == size, 1);
}

GH_ALWAYS_INLINE bool StartsSlot(const void* object, const SlotLayout& layout) {
  uintptr_t place = reinterpret_cast<uintptr_t>(object);
  if (layout.capacity > kMaxGridSize) {
    const uint32_t entry = heap.pages.Entry(heap.pages.PageOf(object));
    place = (size_t{PageMap::PageInSpan(entry)} << kPageShift) + place % kPageSize;
  }
  return place * layout.inverse < layout.inverse;
}

// The usual case of slots that are not cleared at any cost, or have a long slack.
GH_NOINLINE void GiveUsual(void* object, uint32_t list_offset, Origin origin, size_t size) {
  const SlotLayout& layout = LayoutAt(list_offset);
  const size_t capacity = layout.capacity;
  if (__builtin_expect(!StartsSlot(object, layout), 0)) return GiveGeneral(object, origin, size);
  Trailer trailer(object, capacity);
  const size_t slack = trailer.WholeSlackOf(origin);
  if (__builtin_expect(slack >= Trailer::kNone, 0)) return GiveGeneral(object, origin, size);
  const Trailer before = Trailer::Before(object);
  const bool usual = PromiseHolds(size, capacity - Trailer::kSize - slack) &&
                     PatternHolds(trailer.slack_end() - slack, slack) && part.quarantine != nullptr && before.valid() &&
                     (capacity <= ClearingBudget::kAlways || EndHolds(before));
  if (__builtin_expect(!usual, 0)) return GiveGeneral(object, origin, size);
  MakeFree(object, capacity, trailer, part.clearing);
  void* leaves = part.quarantine->Exchange(object, list_offset, capacity, NextRandom());
  if (__builtin_expect(leaves != nullptr, 1)) PutOnList(leaves, list_offset);
}

// The usual case, without a call: nothing is wrong with a slot, as far as a look at it and at the trailer before it shows. All that
// is not so begins anew in one that knows more.
GH_ALWAYS_INLINE void GiveObject(void* object, Origin origin, size_t size) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  const uint32_t entry = heap.pages.FastEntry(address);
  if (__builtin_expect(entry == 0, 0)) return GiveSlow(object, origin, size);
  const uint32_t list_offset = PageMap::ListOffset(entry);
  const SlotLayout& layout = LayoutAt(list_offset);
  const size_t capacity = layout.capacity;
  if (__builtin_expect(capacity > ClearingBudget::kAlways, 0)) return GiveUsual(object, list_offset, origin, size);
  static_assert(ClearingBudget::kAlways <= kMaxGridSize);
  if (__builtin_expect(address * layout.inverse >= layout.inverse, 0)) return GiveGeneral(object, origin, size);
  Trailer trailer(object, capacity);
  const size_t slack = trailer.WholeSlackOf(origin);
  if (__builtin_expect(slack > kShortSlack, 0)) return GiveUsual(object, list_offset, origin, size);
  const bool usual = PromiseHolds(size, capacity - Trailer::kSize - slack) &&
                     ShortPatternHolds(trailer.slack_end(), slack) && part.quarantine != nullptr &&
                     Trailer::Before(object).valid();
  if (__builtin_expect(!usual, 0)) return GiveGeneral(object, origin, size);
  SetZero(static_cast<char*>(object), capacity);
  trailer.SetFree(true);
  void* leaves = part.quarantine->Exchange(object, list_offset, capacity, NextRandom());
  if (__builtin_expect(leaves != nullptr, 1)) PutOnList(leaves, list_offset);
}

// A quarter of room when it grows by a little, as the other library does.
size_t CapacityToGrow(size_t old_size, size_t size) {
  const size_t roomy = old_size + old_size / 4;
  const size_t wanted = size > old_size && size < roomy && roomy <= kMaxHardenedSmall ? roomy : size;
  return ClassSize(ClassOf(SlotBytes(wanted)));
}

// What realloc looks at of the pattern: whatever grows by small steps comes by each time. All of it when it is freed.
constexpr size_t kNear = 16;

// False: does not fit in its slot, or leaves more than half of it. *old_size and *origin are set.
GH_ALWAYS_INLINE bool ResizeInSlot(void* object, uint32_t entry, size_t size, size_t* old_size, Origin* origin) {
  Small small(object, entry, kOfRealloc, kNear);
  *old_size = small.size();
  *origin = small.origin();
  if (__builtin_expect(*origin != Origin::kMalloc, 0)) CheckFamily(object);
  const size_t room = small.capacity() - Trailer::kSize;
  if (size > room || size < room / 2) return false;
  const size_t slack = room - size;
  if (size < *old_size || small.trailer().partial()) {
    MakeLive(static_cast<char*>(object) + size, slack, small.trailer(), *origin, &part.clearing);
  } else {
    small.trailer().SetLive(slack, *origin);  // the pattern is there
  }
  return true;
}

bool ResizeLargeOrSampled(void* object, size_t size, size_t* old_size, Origin* origin) {
  Span* span = FindLarge(object);
  if (span != nullptr) {
    CheckEndOfLarge(span, kNear);
    *origin = OriginOfLarge(span);
    *old_size = SizeOfLarge(span);
  } else {
    *old_size = SizeOf(object, kOfRealloc, origin);
  }
  if (*origin != Origin::kMalloc) CheckFamily(object);
  return size <= kMaxObjectSize && span != nullptr && ResizeLargeInPlace(span, size);
}

}  // namespace

void Start() {
  const os::Seed seed = os::ProcessSeed();
  trailer_secret = seed.words[1] * 0x9e3779b97f4a7c15u ^ seed.words[0];
  heap.Harden(
      &PrepareSlot, [](void* quarantine) { Quarantine::Delete(static_cast<Quarantine*>(quarantine)); },
      trailer_secret | 1);
  SetReportDetails(&GuardedPool::PrintStacks);
  InstallFaultHandler();
}

namespace {

GH_NOINLINE void* TakeGeneral(size_t size, Origin origin) {
  if (__builtin_expect(size > kMaxHardenedSmall, 0)) return TakeLargeOrFail(size, 1, origin, false);
  if (size == 0) {
    if (void* object = TakeNothing(1, origin)) return object;
  }
  if (__builtin_expect(--part.until_sample < 0, 0)) {
    if (void* object = Sample(size, origin)) return object;
  }
  const size_t bytes = SlotBytes(size);
  void* raw = TakeRaw(bytes);
  if (__builtin_expect(raw == nullptr, 0)) return nullptr;
  HandOut(raw, CapacityFor(bytes), size, origin, &part.clearing);
  return raw;
}

// After the countdown was charged for it.
GH_NOINLINE void* TakeAnew(size_t size, Origin origin) {
  thread_state.countdown += static_cast<int64_t>(SlotBytes(size));
  return TakeGeneral(size, origin);
}

}  // namespace

// The usual case, as in GiveObject.
template <Origin origin>
void* Take(size_t size) noexcept {
  if (__builtin_expect(size - 1 >= kMaxFastSize - Trailer::kSize, 0)) return TakeGeneral(size, origin);
  if (__builtin_expect(--part.until_sample < 0, 0) || ListTurn::Taken()) return TakeGeneral(size, origin);
  const size_t bytes = size + Trailer::kSize;
  thread_state.countdown -= static_cast<int64_t>(bytes);
  if (__builtin_expect(thread_state.countdown < 0, 0)) return TakeAnew(size, origin);
  const uint32_t list_offset = FastOffset(bytes);
  void* raw;
  {
    const ListTurn turn;
    raw = TakeNewest(thread_state.cache->ListAt(list_offset));
  }
  if (__builtin_expect(raw == nullptr, 0)) return TakeAnew(size, origin);
  HandOut(raw, LayoutAt(list_offset).capacity, size, origin);
  return raw;
}

void* TakeAligned(size_t alignment, size_t size, Origin origin) noexcept {
  if (alignment <= 16 && size >= alignment) {
    return ForOrigin(origin, [=]<Origin kOrigin>() { return Take<kOrigin>(size); });
  }
  if (size == 0) {
    if (void* object = TakeNothing(alignment, origin)) return object;
  }
  if (size <= kMaxHardenedSmall && alignment <= kPageSize) {
    const SizeClass c = AlignedClassOf(SlotBytes(size), alignment);
    if (c != 0 && ClassSize(c) <= kMaxHardenedSmall + Trailer::kSize) {
      void* raw = TakeRaw(ClassSize(c));
      if (raw != nullptr) HandOut(raw, ClassSize(c), size, origin, &part.clearing);
      return raw;
    }
  }
  return TakeLargeOrFail(size, alignment, origin, false);
}

void* TakeZeroed(size_t size) noexcept {
  if (size > kMaxHardenedSmall) return TakeLargeOrFail(size, 1, Origin::kMalloc, true);
  if (size == 0) return Take<Origin::kMalloc>(0);
  if (__builtin_expect(--part.until_sample < 0, 0)) {
    // A page of its own is zero.
    if (void* object = Sample(size, Origin::kMalloc)) return object;
  }
  const size_t bytes = SlotBytes(size);
  void* raw = TakeRaw(bytes);
  if (__builtin_expect(raw == nullptr, 0)) return nullptr;
  if (!HandOut(raw, CapacityFor(bytes), size, Origin::kMalloc, &part.clearing)) libc_blocks::Set(raw, 0, size);
  return raw;
}

template <Origin origin>
void Give(void* object) noexcept {
  GiveObject(object, origin, kAnySize);
}

template <Origin origin>
void GiveSized(void* object, size_t size) noexcept {
  GiveObject(object, origin, size != kAnySize ? size : kAnySize - 1);  // as absurd, and no promise of any size
}

#define GH_FAMILY(origin)                       \
  template void* Take<origin>(size_t) noexcept; \
  template void Give<origin>(void*) noexcept;   \
  template void GiveSized<origin>(void*, size_t) noexcept;
GH_FAMILY(Origin::kMalloc)
GH_FAMILY(Origin::kNew)
GH_FAMILY(Origin::kNewArray)
GH_FAMILY(Origin::kNewAligned)
GH_FAMILY(Origin::kNewArrayAligned)
#undef GH_FAMILY

void* Resize(void* object, size_t size) noexcept {
  if (object == nullptr) return Take<Origin::kMalloc>(size);
  if (size == 0) {
    Give<Origin::kMalloc>(object);
    return nullptr;
  }
  Origin origin;
  size_t old_size;
  const uint32_t entry = EntryOf(object);
  if (entry != 0 ? ResizeInSlot(object, entry, size, &old_size, &origin)
                 : ResizeLargeOrSampled(object, size, &old_size, &origin)) {
    return object;
  }
  if (size > kMaxObjectSize) return NoMemory();
  void* moved;
  if (size <= kMaxHardenedSmall) {
    const size_t capacity = CapacityToGrow(old_size, size);
    moved = TakeRaw(capacity);
    if (moved != nullptr) HandOut(moved, capacity, size, origin, &part.clearing);
  } else {
    moved = TakeLargeOrFail(size, 1, origin, false);
  }
  if (moved == nullptr) return nullptr;
  libc_blocks::Move(moved, object, size < old_size ? size : old_size);
  GiveObject(object, origin, kAnySize);
  return moved;
}

void EmptyLargeQuarantine() {
  if (part.quarantine != nullptr) part.quarantine->DrainLarge();
}

void ThreadExit() {
  GiveStranded();
  if (part.quarantine == nullptr) return;
  CheckQuarantine();
  const ListTurn turn;
  part.quarantine->Drain();  // by way of the lists, which is batches; the rest goes with the thread's cache
  part.quarantine = nullptr;
}

void AfterFork() { GuardedPool::ResetLock(); }

void BeforeStrictSandbox() { GuardedPool::CloseDown(); }

}  // namespace glassheap::hardened
