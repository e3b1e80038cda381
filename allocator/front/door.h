// What malloc, operator new and their like are made of: the fast path; in the hardened library (policy.h) the layer around
// it; with GLASSHEAP_BLOCK the block heap (allocator/block). Chosen when the file is compiled.
//
// origin: the family that the caller belongs to; only the hardened library looks at it.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_DOOR_H_
#define GLASSHEAP_ALLOCATOR_FRONT_DOOR_H_

#include <cstddef>

#include "allocator/base/macros.h"
#include "allocator/front/hardened/hardened.h"
#include "allocator/front/policy.h"

#ifdef GLASSHEAP_BLOCK
#include "allocator/block/door.h"
#else
#include "allocator/front/fast_path.h"
#endif

namespace glassheap::door {

GH_ALWAYS_INLINE void* Take(size_t size, [[maybe_unused]] Origin origin) {
  if constexpr (kHardened) {
    return hardened::ForOrigin(origin, [=]<Origin kOrigin>() { return hardened::Take<kOrigin>(size); });
  } else {
    return FastMalloc(size);
  }
}

GH_ALWAYS_INLINE void* TakeAligned(size_t alignment, size_t size, [[maybe_unused]] Origin origin) {
  if constexpr (kHardened) {
    return hardened::TakeAligned(alignment, size, origin);
  } else {
    void* object = glassheap::TryAligned(alignment, size);
    return __builtin_expect(object != nullptr, 1) ? object : MallocAligned(alignment, size);
  }
}

// The part of TakeAligned that cannot fail with an error; nullptr: ask TakeAligned.
GH_ALWAYS_INLINE void* TryAligned([[maybe_unused]] size_t alignment, [[maybe_unused]] size_t size) {
  if constexpr (kHardened) {
    return nullptr;
  } else {
    return glassheap::TryAligned(alignment, size);
  }
}

GH_ALWAYS_INLINE void* TakeZeroed(size_t size) {
  if constexpr (kHardened) {
    return hardened::TakeZeroed(size);
  } else {
    return MallocZeroed(size);
  }
}

GH_ALWAYS_INLINE void* Resize(void* object, size_t size) {
  if constexpr (kHardened) {
    return hardened::Resize(object, size);
  } else {
    return Realloc(object, size);
  }
}

GH_ALWAYS_INLINE void Give(void* object, [[maybe_unused]] Origin origin) {
  if constexpr (kHardened) {
    hardened::ForOrigin(origin, [=]<Origin kOrigin>() { hardened::Give<kOrigin>(object); });
  } else {
    FastFree(object);
  }
}

// operator delete with a size, in the hardened library; the others: FastFreeSized.
inline void GiveSized([[maybe_unused]] void* object, [[maybe_unused]] size_t size, [[maybe_unused]] Origin origin) {
  if constexpr (kHardened) {
    hardened::ForOrigin(origin, [=]<Origin kOrigin>() { hardened::GiveSized<kOrigin>(object, size); });
  }
}

// What was taken with an alignment; and free_sized, whose object may come from anywhere in the C family.
inline void GiveSizedAligned(void* object, size_t size, [[maybe_unused]] Origin origin) {
  if constexpr (kHardened) {
    GiveSized(object, size, origin);
  } else {
    FreeSizedAligned(object, size);
  }
}

inline size_t SizeOrDie(const void* object) {
  if constexpr (kHardened) {
    return hardened::SizeOrDie(object);
  } else {
    return UsableSizeOrDie(object);
  }
}

inline size_t SizeOrZero(const void* object) {
  if constexpr (kHardened) {
    return hardened::SizeOrZero(object);
  } else {
    return UsableSizeOrZero(object);
  }
}

}  // namespace glassheap::door

#endif  // GLASSHEAP_ALLOCATOR_FRONT_DOOR_H_
