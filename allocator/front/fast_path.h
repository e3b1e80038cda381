// malloc and free of small objects, when all goes well: no call, no lock, no atomic operation.
//
//   malloc: size -> list (one table) -> take the newest object -> its mark must be there -> clear it
//   free:   address -> list (one table) -> it must be at a multiple of the size, and not the newest -> mark it, put it on top
//
// free does not read the object: in a churn of 200,000 objects that load cost a quarter of the time. A double free is
// therefore found by malloc, which never hands a free object out twice, unless it is of the newest object or comes by the
// slow path.
//
// Everything else is behind one of the Slow functions (slow_path.h): larger sizes, empty or full lists, threads without
// a cache, hooks (which empty the tables), and misuse.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_FAST_PATH_H_
#define GLASSHEAP_ALLOCATOR_FRONT_FAST_PATH_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/front/slow_path.h"
#include "allocator/front/thread_state.h"
#include "allocator/heap/heap.h"
#include "allocator/heap/size_classes.h"

namespace glassheap {

inline constexpr size_t kMaxFastSize = kMaxGridSize;

// Size -> offset of its list in a ThreadCache. All 0 while hooks are installed: list 0 is always empty.
using FastTable = std::array<uint16_t, kMaxFastSize + 1>;
extern constinit FastTable fast_table __attribute__((visibility("hidden")));

// The same for sizes above, in steps of 128 bytes.
using MediumTable = std::array<uint16_t, kMaxSmallSize / 128 + 1>;
extern constinit MediumTable medium_table __attribute__((visibility("hidden")));

// The newest object of a list, or nullptr if the list is empty or the object was tampered with.
GH_ALWAYS_INLINE void* TakeNewest(FreeList* list) {
  void** top = list->top;
  void* object = *top;
  FirstWord* first = static_cast<FirstWord*>(object);
  if (__builtin_expect(*first != heap.free_mark(), 0)) return nullptr;
  *first = 0;
  __builtin_prefetch(top[1], 1);  // the next one's turn comes soon, and its line may be far: 8 % of a mixed batch
  list->top = top + 1;
  return object;
}

GH_ALWAYS_INLINE void* MallocFromList(size_t size, uint32_t offset) {
  thread_state.countdown -= static_cast<int64_t>(size);
  if (__builtin_expect(thread_state.countdown < 0, 0)) return MallocCountdown(size);
  void* object = TakeNewest(thread_state.cache->ListAt(offset));
  if (__builtin_expect(object == nullptr, 0)) return MallocSlow(size);
  return object;
}

GH_ALWAYS_INLINE void* FastMalloc(size_t size) {
  if (__builtin_expect(size > kMaxFastSize, 0)) return MallocMedium(size);
  const uint32_t offset = fast_table[size];
  return MallocFromList(size, offset);
}

// REQUIRES: entry is the page map's for the object.
GH_ALWAYS_INLINE void FreeToList(void* object, uint32_t entry) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  FreeList* list = thread_state.cache->ListAt(PageMap::ListOffset(entry));
  const uint64_t inverse = list->inverse;
  if (__builtin_expect(address * inverse >= inverse, 0)) return FreeMedium(object);
  FirstWord* first = static_cast<FirstWord*>(object);
  void** top = list->top;
  if (__builtin_expect(*top == object, 0)) return FreeSlow(object);
  if (__builtin_expect(top == list->limit, 0)) return FreeSlow(object);
  *first = heap.free_mark();
  top[-1] = object;
  list->top = top - 1;
}

GH_ALWAYS_INLINE void FastFree(void* object) {
  FreeToList(object, heap.pages.FastEntry(reinterpret_cast<uintptr_t>(object)));
}

// Sized delete: the promised size must lead to the list that the address leads to. Aligned and larger objects, whose size
// may say less than their class, are for FreeSized.
GH_ALWAYS_INLINE void FastFreeSized(void* object, size_t size) {
  const uint32_t entry = heap.pages.FastEntry(reinterpret_cast<uintptr_t>(object));
  if (__builtin_expect(size > kMaxFastSize || fast_table[size] != PageMap::ListOffset(entry), 0)) {
    return FreeSized(object, size);
  }
  FreeToList(object, entry);
}

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_FAST_PATH_H_
