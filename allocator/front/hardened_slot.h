// A small object's slot in the hardened library (hardened.h): its making, clearing, handing out and checking.
//
// Thread safety: who holds the object may do all of it. The trailer of the slot before is only read.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_SLOT_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_SLOT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allocator/base/macros.h"
#include "allocator/front/clearing.h"
#include "allocator/front/fast_path.h"
#include "allocator/front/object.h"
#include "allocator/front/pattern.h"
#include "allocator/front/trailer.h"
#include "allocator/heap/misuse.h"

namespace glassheap::hardened {

// Dies with the misuse's line.
[[noreturn]] GH_NOINLINE void Report(Misuse misuse, const void* object, size_t claimed = 0);

// Called by the rooms for a slot that leaves its span for the first time: it may be of memory that served others.
void PrepareSlot(void* slot, size_t capacity);

// 16 bytes at a time, at any multiple of 8: every x86-64 and arm64 can.
typedef uint64_t __attribute__((may_alias, vector_size(16), aligned(8))) Pair;

// bytes: a multiple of 8. The last 16 bytes may be looked at twice.
GH_ALWAYS_INLINE bool IsZero(const char* at, size_t bytes) {
  if (bytes < sizeof(Pair)) return bytes == 0 || *reinterpret_cast<const FirstWord*>(at) == 0;
  const char* const last = at + bytes - sizeof(Pair);
  Pair any = *reinterpret_cast<const Pair*>(last);
  for (; at < last; at += sizeof(Pair)) any |= *reinterpret_cast<const Pair*>(at);
  return (any[0] | any[1]) == 0;
}

// bytes: a multiple of 8, 16 at least.
GH_ALWAYS_INLINE void SetZero(char* at, size_t bytes) {
  char* const last = at + bytes - sizeof(Pair);
  for (; at < last; at += sizeof(Pair)) {
    *reinterpret_cast<Pair*>(at) = Pair{0, 0};
    asm volatile("" : : : "memory");  // not a call of memset
  }
  *reinterpret_cast<Pair*>(last) = Pair{0, 0};
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
  constexpr size_t kFirst = sizeof(FirstWord);
  if (__builtin_expect(!trailer.free(), 0)) return true;
  return !IsZero(static_cast<const char*>(object) + kFirst, ZeroBytes(capacity, trailer) - kFirst);
}

// Clears a freed object and its trailer, or its head. Returns whether it was all.
GH_ALWAYS_INLINE bool Clear(void* object, size_t capacity, ClearingBudget& budget) {
  if (__builtin_expect(capacity <= ClearingBudget::kAlways, 1)) {
    SetZero(static_cast<char*>(object), capacity);
    return true;
  }
  const bool all = budget.Spend(capacity);
  if (all) {
    memset(object, 0, capacity - Trailer::kSize);
  } else {
    SetZero(static_cast<char*>(object), ClearingBudget::kHead);
  }
  return all;
}

// Of what waits in a quarantine: a free object must be zero but for its trailer.
bool StillFree(const void* object);
// Of what waits in lists and spans: its first word may be the free mark, too.
bool StillFreeInRooms(const void* object);

// Makes a raw object of the rooms the caller's. Returns whether all of it is zero.
GH_ALWAYS_INLINE bool HandOut(void* raw, size_t capacity, size_t size, Origin origin) {
  Trailer trailer(raw, capacity);
  if (__builtin_expect(WasWritten(raw, capacity, trailer), 0)) Report(Misuse::kWriteAfterFree, raw);
  const size_t slack = capacity - Trailer::kSize - size;
  trailer.SetLive(slack, origin);
  FillPattern(static_cast<char*>(raw) + size, slack);
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

// A small object that is about to be used as a live one.
class Small {
 public:
  // REQUIRES: entry = EntryOf(object), not 0. Dies unless all is well with it.
  GH_ALWAYS_INLINE Small(const void* object, uint32_t entry, const MisuseNames& names)
      : class_(ThreadCache::ClassAtOffset(PageMap::ListOffset(entry))),
        capacity_(ClassSize(class_)),
        trailer_(object, capacity_) {
    if (__builtin_expect(!AtSlotStart(reinterpret_cast<uintptr_t>(object), entry, class_), 0)) {
      Report(names.interior, object);
    }
    if (__builtin_expect(!trailer_.live(), 0)) ReportNotLive(object, class_, names);
    if (__builtin_expect(!PatternHolds(static_cast<const char*>(object) + size(), trailer_.slack()), 0)) {
      Report(Misuse::kOverflow, object);
    }
    const void* const before = static_cast<const char*>(object) - capacity_;
    if (__builtin_expect(!Trailer(before, capacity_).valid(), 0)) Report(Misuse::kUnderflow, object);
  }

  size_t size() const { return capacity_ - Trailer::kSize - trailer_.slack(); }
  size_t capacity() const { return capacity_; }
  SizeClass size_class() const { return class_; }
  Origin origin() const { return trailer_.origin(); }
  Trailer& trailer() { return trailer_; }

 private:
  SizeClass class_;
  size_t capacity_;
  Trailer trailer_;
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_SLOT_H_
