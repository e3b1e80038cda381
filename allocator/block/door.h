// The block heap as a process' malloc: one list, one lock. What front/malloc.cc and front/new.cc need of a heap.
//
// Thread safe. Allocation functions return nullptr with ENOMEM; those that take memory back leave errno alone, and end
// the process with a line on stderr when the pointer is not a live object.

#ifndef GLASSHEAP_ALLOCATOR_BLOCK_DOOR_H_
#define GLASSHEAP_ALLOCATOR_BLOCK_DOOR_H_

#include <cstddef>

#include "allocator/base/check.h"
#include "allocator/base/macros.h"
#include "allocator/base/types.h"

namespace glassheap {

void* MallocAligned(size_t alignment, size_t size) noexcept;
void* MallocZeroed(size_t size) noexcept;
void* Realloc(void* object, size_t size);
void FastFree(void* object);
void FreeSized(void* object, size_t size) noexcept;
inline void FreeSizedAligned(void* object, size_t size) noexcept { FreeSized(object, size); }
size_t UsableSizeOrDie(const void* object);
size_t UsableSizeOrZero(const void* object);  // declared only: the block heap has its own introspection

// The main allocator has three slow ways, which the operators wrap. Here all of them are the only way.
inline void* MallocSlow(size_t size) noexcept { return MallocAligned(1, size); }
inline void* MallocMedium(size_t size) noexcept { return MallocSlow(size); }
inline void* MallocCountdown(size_t size) noexcept { return MallocSlow(size); }

struct PlainWays {
  static void* Slow(size_t size) { return MallocSlow(size); }
};

template <typename Ways = PlainWays>
void* FastMalloc(size_t size) {
  return Ways::Slow(size);
}
inline void* TryAligned(size_t, size_t) { return nullptr; }
inline void OpenFastSizedDelete() {}
template <typename Ways>
void FastFreeSized(void* object, size_t size) {
  Ways::Slow(object, size);
}

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BLOCK_DOOR_H_
