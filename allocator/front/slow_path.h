// What the fast path leaves over. None of these allocates through malloc; each preserves errno but for ENOMEM.
// noexcept, so that the operators may jump to them as malloc does.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_SLOW_PATH_H_
#define GLASSHEAP_ALLOCATOR_FRONT_SLOW_PATH_H_

#include <cstddef>

#include "allocator/base/macros.h"
#include "allocator/heap/span.h"

namespace glassheap {

// All return nullptr with errno = ENOMEM when there is no memory, or size > PTRDIFF_MAX.

// Sizes above the fast path's: a list as well, up to 256 KiB, and above that a span.
GH_NOINLINE void* MallocMedium(size_t size) noexcept;
GH_NOINLINE void* MallocLarge(size_t size) noexcept;
// The thread's countdown ran out; `size` is subtracted already.
GH_NOINLINE void* MallocCountdown(size_t size) noexcept;
// A small object whose list is empty or damaged, or there is no cache, or hooks want to know.
GH_NOINLINE void* MallocSlow(size_t size) noexcept;
// An object aligned to `alignment`, a power of two.
void* MallocAligned(size_t alignment, size_t size) noexcept;
// Zeroed. REQUIRES: no overflow.
void* MallocZeroed(size_t size) noexcept;

// Not at a multiple of a grid class: an object of a larger class, or something for FreeSlow.
GH_NOINLINE void FreeMedium(void* object) noexcept;
// All else: nullptr, large objects, full lists, no cache, hooks, objects with the free mark, what is no object at all.
GH_NOINLINE void FreeSlow(void* object) noexcept;
// Gives a large object's span back. REQUIRES: the caller has claimed the span; lifecycle::Ready().
void FreeClaimed(Span* span) noexcept;

// For a signal handler in the middle of malloc: keeps a claimed span for GiveStranded.
void StrandLarge(Span* span) noexcept;
// Gives back what handlers could leave nowhere. REQUIRES: !Lock::AnyHeldByThisThread().
void GiveStranded() noexcept;

// free with a promise of the size: dies if it is not kept.
void FreeSized(void* object, size_t size) noexcept;
// The same for an object that was allocated with an alignment, and may therefore be larger than its size asks for.
void FreeSizedAligned(void* object, size_t size) noexcept;

void* Realloc(void* object, size_t size);

// Dies if the pointer is not an object, or freed.
size_t UsableSizeOrDie(const void* object);

// 0 if the pointer is not the start of a live object.
size_t UsableSizeOrZero(const void* object);

// Gives back what this thread's cache and the transfer caches hold. REQUIRES: lifecycle::Ready(), no lock held.
void EmptyCaches();

// True if every byte of the object's memory was known to be zero when it was handed out (large objects only).
bool KnownZero(const void* object);

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_SLOW_PATH_H_
