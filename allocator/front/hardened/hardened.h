// The hardened library: a layer around the fast path and the rooms, which stay as they are.
//
// A small object's slot:   | requested bytes | pattern, to the trailer | trailer, 8 |
//
// The trailer is a keyed word that holds the object's state (live or free), the slack behind the requested bytes, and who
// allocated it. So free() knows without a look anywhere else: a double free, a pointer that was never handed out, an
// overflow by one byte (the pattern, or the trailer itself), an underflow by one byte (the trailer of the slot before), a
// wrong size, a wrong family of functions. A freed object is zeroed and waits in a quarantine, from which a random one
// leaves for each that comes; when it is handed out again it must still be zero.
//
// Large objects (above kMaxHardenedSmall) have a page without access on either side, and no access at all once freed.
// Objects of size zero have no access either (zero_size.h).
// One small object in kSampleInterval lies on a page of its own (guarded_pool.h).
//
// Thread safety: as malloc.
//
// Invariants:
//   (1) Every slot that was ever taken from its span has a valid trailer: live, free, or 0 (its page was given back).
//   (2) The word before any slot is a trailer: of the slot before, or of a place that no object has (central_cache.h).
//   (3) A free slot is zero but for its trailer and the free mark.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_HARDENED_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_HARDENED_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"

namespace glassheap {

// The functions that gave an object out, and those that must take it back.
enum class Origin : uint8_t { kMalloc = 1, kNew = 2, kNewArray = 3, kNewAligned = 4, kNewArrayAligned = 5 };

namespace hardened {

// What is made for each family calls `call.operator()<origin>()` by this. One for all of them costs a pair of malloc and free
// 15 instructions of 190.
template <typename Call>
GH_ALWAYS_INLINE auto ForOrigin(Origin origin, Call call) {
  switch (origin) {
    case Origin::kNew:
      return call.template operator()<Origin::kNew>();
    case Origin::kNewArray:
      return call.template operator()<Origin::kNewArray>();
    case Origin::kNewAligned:
      return call.template operator()<Origin::kNewAligned>();
    case Origin::kNewArrayAligned:
      return call.template operator()<Origin::kNewArrayAligned>();
    default:
      return call.template operator()<Origin::kMalloc>();
  }
}

inline constexpr size_t kMaxHardenedSmall = 32 * 1024 - 8;

// Once, before the first object: keys, the rooms' hooks, the fault handler. REQUIRES: the heap is ready.
void Start();

// As malloc and its like. nullptr, errno = ENOMEM: no memory, or size > PTRDIFF_MAX.
template <Origin origin>
void* Take(size_t size) noexcept;
void* TakeAligned(size_t alignment, size_t size, Origin origin) noexcept;  // a power of two
void* TakeZeroed(size_t size) noexcept;
void* Resize(void* object, size_t size) noexcept;

// These die with a line when the object is not what it should be.
template <Origin origin>
void Give(void* object) noexcept;
template <Origin origin>
void GiveSized(void* object, size_t size) noexcept;
size_t SizeOrDie(const void* object);

// 0 if the pointer is not the start of a live object.
size_t SizeOrZero(const void* object);

// True for an address of the sampled objects' pages, or of objects of size zero, which are not in the heap.
bool OwnsOutsideHeap(const void* pointer);

// Frees the large objects that wait in the calling thread's quarantine. REQUIRES: no lock held.
void EmptyLargeQuarantine();

// Dies if what waits in the calling thread's quarantine was written to.
void CheckQuarantine();

// The same for all that is free, at the end of the process; of what other threads have in their caches nothing.
void CheckAtEnd();

// The calling thread is about to lose its cache, and its quarantine with it.
void ThreadExit();
// In the child of a fork. REQUIRES: one thread.
void AfterFork();

// System calls will be forbidden.
void BeforeStrictSandbox();

}  // namespace hardened
}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_HARDENED_H_
