// Memory for a signal handler that allocates while its own thread holds one of the heap's locks: the heap is out of reach
// then, and the handler must not wait. A little memory of its own, and mappings when that is used up or too small.
//
//   64 B x 256 | 256 B x 64 | 1 KiB x 32 | 4 KiB x 16 | up to 1,024 mappings
//
// None of it is touched, and costs memory, before a handler needs it. It is not the heap's: the reports do not count it.
//
// Thread safety: any thread, and any handler in the middle of any of this; no lock, only atomic operations.
//
// Invariants:
//   (1) A slot is handed out by who sets its bit, and free again once its bit is cleared.
//   (2) What is handed out is a multiple of 16, and of its size where that is a slot's.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_RESERVE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_RESERVE_H_

#include <cstddef>

namespace glassheap {

class Reserve {
 public:
  // nullptr: used up. alignment: a power of two. The memory may have any content.
  static void* Take(size_t size, size_t alignment);

  // False: the pointer is not of here, or not in use.
  static bool Give(void* object);

  // The bytes of what is in use at the pointer; 0 if nothing is.
  static size_t SizeOf(const void* object);
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_RESERVE_H_
