// How large an object of the hardened library is, wherever it lies.
//
// Thread safety: as malloc_usable_size: the caller owns the object.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_OBJECT_SIZE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_OBJECT_SIZE_H_

#include <cstddef>

#include "allocator/front/hardened/hardened.h"
#include "allocator/front/hardened/slot.h"

namespace glassheap::hardened {

// The bytes asked for, and by which family. Dies by these names unless it is the start of a live object with nothing wrong.
size_t SizeOf(const void* object, const MisuseNames& names, Origin* origin);

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_OBJECT_SIZE_H_
