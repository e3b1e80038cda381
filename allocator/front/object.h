// What the heap knows of a pointer that a program passes in: whose it is, how large, and whether it may be used at all.
//
// Thread safety: all of it may be called by any thread; what it says of an object that another thread is freeing is worth
// nothing.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_OBJECT_H_
#define GLASSHEAP_ALLOCATOR_FRONT_OBJECT_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/heap/heap.h"
#include "allocator/heap/misuse.h"

namespace glassheap {

// No object is larger: pointer differences must fit.
inline constexpr size_t kMaxObjectSize = PTRDIFF_MAX;

// The page map's entry for the pointer; 0 if it is in no small span.
inline uint32_t EntryOf(const void* object) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  return heap.pages.Contains(address) ? heap.pages.Entry(heap.pages.PageOf(address)) : 0;
}

// REQUIRES: the object is in a small span.
inline SizeClass ClassOfObject(const void* object) {
  return ThreadCache::ClassAtOffset(PageMap::ListOffset(EntryOf(object)));
}

// True if `address` is at the start of a slot of the small span behind `entry`.
inline bool AtSlotStart(uintptr_t address, uint32_t entry, SizeClass c) {
  const uint64_t inverse = kInverses[c];
  if (IsGridClass(c)) return address * inverse < inverse;
  const size_t offset = (size_t{PageMap::PageInSpan(entry)} << kPageShift) + address % kPageSize;
  return offset * inverse < inverse;
}

inline bool HasFreeMark(const void* object) { return *static_cast<const FirstWord*>(object) == kFreeMark; }

// For an object that carries the free mark: dies if it can be found free; otherwise it has the mark by accident.
GH_NOINLINE void DieIfFree(const void* object, SizeClass c, Misuse misuse);

// The span of a large object. Dies with the misuse that fits if there is none. REQUIRES: object is not in a small span.
Span* LargeSpanOrDie(const void* object, Misuse interior, Misuse invalid, Misuse freed);

// Marks a large object's span as freed. False: another thread that frees it at the same time came first.
inline bool Claim(Span* span) { return !__atomic_exchange_n(&span->cached, true, __ATOMIC_ACQ_REL); }

// The bytes of what a handler got from the reserve (reserve.h); 0 for any other pointer.
size_t SizeInReserve(const void* object);
// Gives it back; false for any other pointer.
bool GiveToReserve(void* object);

// The bytes of a live object. Dies with the misuse that fits if it is none.
size_t SizeOrDie(const void* object, Misuse interior, Misuse invalid, Misuse freed);

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_OBJECT_H_
