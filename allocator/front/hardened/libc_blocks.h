// libc's memmove and memset, past the functions of the same names that this library shows to the program
// (block_functions.cc): for what those stand before, and for the allocator's own work on slots that are no objects.
//
// Until they are known, and where there is no libc to ask, a plain loop does the same.
//
// Thread safety: any, also in signal handlers, before the library is relocated and in the child of a vfork.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_LIBC_BLOCKS_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_LIBC_BLOCKS_H_

#include <cstddef>

#include "allocator/base/macros.h"
#include "allocator/base/racy.h"

namespace glassheap::libc_blocks {

using MoveFunction = void*(void* to, const void* from, size_t n);
using SetFunction = void*(void* at, int byte, size_t n);

// nullptr until the library's constructor has found them. No first value: it would have to be relocated, and a resolver of
// ifuncs may come here before that.
extern constinit MoveFunction* next_move __attribute__((visibility("hidden")));
extern constinit SetFunction* next_set __attribute__((visibility("hidden")));

GH_NOINLINE void* OwnMove(void* to, const void* from, size_t n);
GH_NOINLINE void* OwnSet(void* at, int byte, size_t n);

// The two may overlap.
GH_ALWAYS_INLINE void* Move(void* to, const void* from, size_t n) {
  MoveFunction* const next = LoadRacy(&next_move);
  return __builtin_expect(next != nullptr, 1) ? next(to, from, n) : OwnMove(to, from, n);
}

GH_ALWAYS_INLINE void* Set(void* at, int byte, size_t n) {
  SetFunction* const next = LoadRacy(&next_set);
  return __builtin_expect(next != nullptr, 1) ? next(at, byte, n) : OwnSet(at, byte, n);
}

}  // namespace glassheap::libc_blocks

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_LIBC_BLOCKS_H_
