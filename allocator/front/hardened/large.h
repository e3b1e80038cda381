// Large objects of the hardened library: | guard | object | pattern | guard |, each guard a page without access.
//
// A freed object has no memory and no access until its span serves another: any use of it faults, and reads as zero after.
// It waits a little before that (large_quarantine.h). A thread that frees thousands of them a second (clearing.h) keeps some open, cleared at both ends; what is written there
// shows when the span is used again.
// The span of a live one holds its requested size and origin (span.h).

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_LARGE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_LARGE_H_

#include <cstddef>

#include "allocator/front/hardened/clearing.h"
#include "allocator/front/hardened/hardened.h"
#include "allocator/heap/misuse.h"
#include "allocator/heap/span.h"

namespace glassheap::hardened {

// zero: the object's bytes must be. nullptr: no memory (errno is the caller's business).
void* TakeLarge(size_t size, size_t alignment, Origin origin, bool zero);

// REQUIRES: span = LargeOrDie(object). random: 64 bits.
void GiveLarge(Span* span, void* object, Origin origin, ClearingBudget& budget, uint64_t random);

// Of what waits in the calling thread's quarantine. Dies if it was written to.
void CheckWaitingLarge();

// The span of a live large object; dies with the fitting misuse when there is none.
Span* LargeOrDie(const void* object, Misuse interior, Misuse invalid, Misuse freed);
// The same, or nullptr.
Span* FindLarge(const void* object);

// The live large object of which fewer than n bytes begin at the address; nullptr if there is none, or if the address does not
// lie on its first page: of the others nobody knows quickly whose they are. Takes the page heap's lock to be sure of
// what it found, unless this thread has one.
const void* LargeThatEndsWithin(const void* at, size_t n);

// Dies if bytes behind the object were written to, of the first `looked_at`.
void CheckEndOfLarge(const Span* span, size_t looked_at = SIZE_MAX);

size_t SizeOfLarge(const Span* span);
Origin OriginOfLarge(const Span* span);
// REQUIRES: its end was checked. False: does not fit in the pages it has or can have from behind, or leaves too many.
bool ResizeLargeInPlace(Span* span, size_t size);

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_LARGE_H_
