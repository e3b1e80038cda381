// malloc and free of small objects, when all goes well: no call, no lock, no atomic operation.
//
//   malloc: size -> list (one table) -> take the newest object -> its mark must be there -> clear it
//   free:   address -> list (one table) -> it must be at a multiple of the size, without the mark -> set it, put it on top
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

GH_ALWAYS_INLINE void FastFree(void* object) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  const uint32_t entry = heap.pages.FastEntry(address);
  FreeList* list = thread_state.cache->ListAt(PageMap::ListOffset(entry));
  const uint64_t inverse = list->inverse;
  if (__builtin_expect(address * inverse >= inverse, 0)) return FreeMedium(object);
  FirstWord* first = static_cast<FirstWord*>(object);
  void** top = list->top;
  if (__builtin_expect(*first == heap.free_mark(), 0)) return FreeSlow(object);
  if (__builtin_expect(top == list->limit, 0)) return FreeSlow(object);
  *first = heap.free_mark();
  top[-1] = object;
  list->top = top - 1;
}

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_FAST_PATH_H_
