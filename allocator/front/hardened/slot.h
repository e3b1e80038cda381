// A small object's slot in the hardened library (hardened.h): its making, clearing, handing out and checking.
//
// Thread safety: who holds the object may do all of it. The slot before is only read: its trailer, and if that is live the end of
// its pattern. Its owner may be changing both, and nobody is to be accused of that, so there is an order:
//
// Invariant: at any instant at which a trailer says live, the pattern behind its object is whole. (Slots above
// ClearingBudget::kAlways; of smaller ones only their owner reads the pattern.)

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_SLOT_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_SLOT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allocator/base/macros.h"
#include "allocator/front/fast_path.h"
#include "allocator/front/hardened/clearing.h"
#include "allocator/front/hardened/libc_blocks.h"
#include "allocator/front/hardened/pattern.h"
#include "allocator/front/hardened/slot_layout.h"
#include "allocator/front/hardened/trailer.h"
#include "allocator/front/object.h"
#include "allocator/heap/misuse.h"

namespace glassheap::hardened {

// Dies with the misuse's line.
[[noreturn]] GH_NOINLINE void Report(Misuse misuse, const void* object, size_t claimed = 0);

// Dies of a write to a free object; nullptr: nothing.
GH_NOINLINE void DieIfWritten(const void* object);

// Called by the rooms for a slot that leaves its span for the first time: it may be of memory that served others.
void PrepareSlot(void* slot, size_t capacity);

// 16 bytes at a time. Slots begin and end at multiples of that (size_classes.h, invariant (2)).
typedef uint64_t __attribute__((may_alias, vector_size(16))) Pair;

// All but the first word of so many bytes at a slot's begin: a multiple of 8.
GH_ALWAYS_INLINE bool IsZeroBehindFirst(const char* slot, size_t bytes) {
  const FirstWord* const words = reinterpret_cast<const FirstWord*>(slot);
  constexpr size_t kWord = sizeof(FirstWord);
  if (bytes <= 3 * kWord) return bytes <= kWord || (words[1] | words[bytes / kWord - 1]) == 0;
  const uint64_t ends = words[1] | words[bytes / kWord - 1];
  const Pair* at = reinterpret_cast<const Pair*>(slot) + 1;
  const Pair* const end = reinterpret_cast<const Pair*>(slot) + bytes / sizeof(Pair);
  Pair any = *at++;
  for (; at + 4 <= end; at += 4) any |= (at[0] | at[1]) | (at[2] | at[3]);
  for (; at < end; ++at) any |= *at;
  return (ends | any[0] | any[1]) == 0;
}

// A slot, or a part of one: a multiple of 16 bytes, and not 0.
GH_ALWAYS_INLINE void SetZero(char* slot, size_t bytes) {
  Pair* at = reinterpret_cast<Pair*>(slot);
  Pair* const end = reinterpret_cast<Pair*>(slot + bytes);
  constexpr Pair kZero = {0, 0};
  const auto set = [](Pair* pair) {
    *pair = kZero;
    asm volatile("" : : : "memory");  // not a call of memset
  };
  const auto set_4 = [set](Pair* four) {
    for (int i = 0; i < 4; ++i) set(four + i);
  };
  if (bytes < 4 * sizeof(Pair)) {
    do {
      set(at++);
    } while (at < end);
    return;
  }
  for (; at < end - 4; at += 4) set_4(at);
  set_4(end - 4);
}

// How much of a free slot must be zero. A page that was given back may have taken the trailer of a slot with it whose first
// part lies on a page that stays, and was not cleared.
GH_ALWAYS_INLINE size_t ZeroBytes(size_t capacity, const Trailer& trailer) {
  const bool all = trailer.cleared() || capacity <= ClearingBudget::kAlways;
  return __builtin_expect(all, 1) ? capacity - Trailer::kSize : ClearingBudget::kHead;
}

// A free object that is not what it was when it was freed. Its first word is for those who look for the mark there: to read
// 16 bytes of which 8 were just written is a stall of a dozen cycles.
GH_ALWAYS_INLINE bool WasWritten(const void* object, size_t capacity, const Trailer& trailer) {
  if (__builtin_expect(!trailer.free(), 0)) return true;
  return !IsZeroBehindFirst(static_cast<const char*>(object), ZeroBytes(capacity, trailer));
}

// Clears a freed object and its trailer, or its head. Returns whether it was all.
GH_ALWAYS_INLINE bool Clear(void* object, size_t capacity, ClearingBudget& budget) {
  if (__builtin_expect(capacity <= ClearingBudget::kAlways, 1)) {
    SetZero(static_cast<char*>(object), capacity);
    return true;
  }
  const bool all = budget.Spend(capacity);
  if (all) {
    libc_blocks::Set(object, 0, capacity - Trailer::kSize);
  } else {
    SetZero(static_cast<char*>(object), ClearingBudget::kHead);
  }
  return all;
}

// Keeps stores before it from those behind it, and loads from loads.
GH_ALWAYS_INLINE void KeepOrder() {
#if defined(__x86_64__)
  asm volatile("" : : : "memory");  // the machine does
#else
  __atomic_thread_fence(__ATOMIC_ACQ_REL);
#endif
}

// Clears a freed object as far as the budget goes, and says so in its trailer.
GH_ALWAYS_INLINE void MakeFree(void* object, size_t capacity, Trailer& trailer, ClearingBudget& budget) {
  if (__builtin_expect(capacity <= ClearingBudget::kAlways, 1)) return trailer.SetFree(Clear(object, capacity, budget));
  trailer.SetFree(false);
  KeepOrder();
  if (!Clear(object, capacity, budget)) return;
  KeepOrder();
  trailer.SetFree(true);
}

// Makes a slot the object that ends at `end`, for the first time or anew.
GH_ALWAYS_INLINE void MakeLive(char* end, size_t slack, Trailer& trailer, Origin origin, ClearingBudget* budget,
                               bool over_zeros = false) {
  if (budget != nullptr && __builtin_expect(slack > kAlwaysFilled, 0)) {
    const bool whole = budget->Spend(slack);
    FillPattern(end, whole ? slack : kAlwaysFilled);
    KeepOrder();
    return trailer.SetLive(slack, origin, !whole);
  }
  FillPattern(end, slack, over_zeros);
  KeepOrder();
  trailer.SetLive(slack, origin);
}

// Of what waits in a quarantine: a free object must be zero but for its trailer.
bool StillFree(const void* object);
// Of what waits in lists and spans: its first word may be the free mark, too.
bool StillFreeInRooms(const void* object);

// Makes a raw object of the rooms the caller's. Returns whether all of it is zero.
// REQUIRES, without a budget: the slack is kAlwaysFilled at most.
GH_ALWAYS_INLINE bool HandOut(void* raw, size_t capacity, size_t size, Origin origin,
                              ClearingBudget* budget = nullptr) {
  Trailer trailer(raw, capacity);
  if (__builtin_expect(WasWritten(raw, capacity, trailer), 0)) Report(Misuse::kWriteAfterFree, raw);
  MakeLive(static_cast<char*>(raw) + size, capacity - Trailer::kSize - size, trailer, origin, budget, true);
  return trailer.cleared();
}

// The bytes of the slot for a request to the rooms.
inline constexpr auto kFineCapacity = [] {
  std::array<uint16_t, kMaxFastSize / 8 + 1> table = {};
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<uint16_t>(kSizeClasses[ClassOfConstant(8 * i)].size);
  return table;
}();
GH_ALWAYS_INLINE size_t CapacityFor(size_t bytes) {
  return __builtin_expect(bytes <= kMaxFastSize, 1) ? kFineCapacity[(bytes + 7) / 8] : ClassSize(ClassOf(bytes));
}

// What the rooms are asked for. Not their class of 8 bytes: the free mark would lie on the trailer.
GH_ALWAYS_INLINE size_t SlotBytes(size_t size) { return size + Trailer::kSize + (size == 0 ? 1 : 0); }

// What each operation calls the three ways of going wrong.
struct MisuseNames {
  Misuse interior;
  Misuse invalid;
  Misuse freed;
};
inline constexpr MisuseNames kOfFree = {Misuse::kInteriorFree, Misuse::kInvalidFree, Misuse::kDoubleFree};
inline constexpr MisuseNames kOfRealloc = {Misuse::kInteriorRealloc, Misuse::kInvalidRealloc,
                                           Misuse::kReallocAfterFree};
inline constexpr MisuseNames kOfSize = {Misuse::kInteriorUsableSize, Misuse::kInvalidUsableSize,
                                        Misuse::kUsableSizeAfterFree};

// For an object that is not live. Dies.
[[noreturn]] GH_NOINLINE void ReportNotLive(const void* object, SizeClass c, const MisuseNames& names);

// The end of the slot before an object's, whose pattern was not as it should be: dies if that lasts.
GH_NOINLINE void DieIfWrittenBefore(const void* object, size_t capacity);

// Whether the end of the slot with this trailer may be: zeros of a free one, or the pattern of a live one. Nobody knows of one
// that is free in part; nor of one whose trailer is zero, which may be the word before a span's first slot.
GH_ALWAYS_INLINE bool EndHolds(const Trailer& trailer) {
  if (trailer.cleared()) return EndOfZerosHolds(trailer.slack_end());
  if (!trailer.live() || trailer.partial()) return true;
  return EndOfPatternHolds(trailer.slack_end(), trailer.slack());
}

// A small object that is about to be used as a live one.
class Small {
 public:
  // REQUIRES: entry = EntryOf(object), not 0. Dies unless all is well with it, and with the first `looked_at` bytes of
  // the pattern.
  GH_ALWAYS_INLINE Small(const void* object, uint32_t entry, const MisuseNames& names, size_t looked_at = kAnyBytes)
      : class_(ThreadCache::ClassAtOffset(PageMap::ListOffset(entry))),
        capacity_(ClassSize(class_)),
        trailer_(object, capacity_) {
    if (__builtin_expect(!AtSlotStart(reinterpret_cast<uintptr_t>(object), entry, class_), 0)) {
      Report(names.interior, object);
    }
    if (__builtin_expect(!trailer_.live(), 0)) ReportNotLive(object, class_, names);
    size_t pattern = trailer_.slack();
    if (__builtin_expect(trailer_.partial(), 0)) pattern = kAlwaysFilled;
    if (looked_at != kAnyBytes && pattern > looked_at) pattern = looked_at;
    if (__builtin_expect(!PatternHolds(static_cast<const char*>(object) + size(), pattern), 0)) {
      Report(Misuse::kOverflow, object);
    }
    if (__builtin_expect(!Trailer::Before(object).valid(), 0)) Report(Misuse::kUnderflow, object);
  }

  // False: the end of the slot before may have been written to (DieIfWrittenBefore).
  GH_ALWAYS_INLINE bool EndBeforeHolds(const void* object) const {
    return capacity_ <= ClearingBudget::kAlways || EndHolds(Trailer::Before(object));
  }

  size_t size() const { return capacity_ - Trailer::kSize - trailer_.slack(); }
  size_t capacity() const { return capacity_; }
  SizeClass size_class() const { return class_; }
  Origin origin() const { return trailer_.origin(); }
  Trailer& trailer() { return trailer_; }

 private:
  static constexpr size_t kAnyBytes = ~size_t{0};

  SizeClass class_;
  size_t capacity_;
  Trailer trailer_;
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_SLOT_H_
