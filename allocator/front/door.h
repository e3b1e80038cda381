// Which heap the names of malloc.cc and new.cc lead to: glassheap's rooms, or the block heap (allocator/block), which is
// built from the same two files with GLASSHEAP_BLOCK.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_DOOR_H_
#define GLASSHEAP_ALLOCATOR_FRONT_DOOR_H_

#ifdef GLASSHEAP_BLOCK
#include "allocator/block/door.h"
#else
#include "allocator/front/fast_path.h"
#endif

#endif  // GLASSHEAP_ALLOCATOR_FRONT_DOOR_H_
