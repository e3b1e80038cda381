// Objects of size zero: each is an address of its own in a range of pages that never have access, so that any use of one
// faults. (OpenBSD's malloc does the same.)
//
//   range: kSlots x 16 bytes, no memory, never accessible       states: one byte a slot, elsewhere
//
// Freed addresses come back in a circle, after all others have been used. 16 MiB of address space, and as many bytes of memory
// as a process has had objects of size zero at most, up to 1 MiB; both only from the first such object on.
//
// Thread safety: any thread, and any handler in the middle of any of this; no lock, only atomic operations. A child of fork
// finds it as it was.
//
// Invariants:
//   (1) A slot is handed out by who sets its state to live, and free again by who sets it to freed: each succeeds once.
//   (2) No address of the range is in the heap, in the guarded pool or in the reserve.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_ZERO_SIZE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_ZERO_SIZE_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/types.h"
#include "allocator/front/hardened/hardened.h"
#include "allocator/heap/misuse.h"

namespace glassheap::hardened {

class ZeroSize {
 public:
  static constexpr size_t kSlots = size_t{1} << 20;
  static constexpr size_t kMaxAlignment = kSystemPageSize;

  // nullptr: no address space, or too many are in use. REQUIRES: alignment is a power of two, kMaxAlignment at most.
  static void* Take(size_t alignment, Origin origin);

  static bool Contains(const void* pointer);

  // REQUIRES for all of these: Contains(object).
  // Dies unless the object is live; promised: the size that goes with it.
  static void Give(void* object, Origin origin, size_t promised);
  // Dies unless the object is live: with the fitting one.
  static Origin OriginOrDie(const void* object, Misuse interior, Misuse invalid, Misuse freed);
  // For reports: the slot at the address was handed out and is not in use.
  static bool FreedAt(const void* address);
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_ZERO_SIZE_H_
