// Where in the address space the heap's window may lie (page_map.h), and how large the heap in it may become.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_WINDOW_PLACES_H_
#define GLASSHEAP_ALLOCATOR_HEAP_WINDOW_PLACES_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/types.h"

namespace glassheap {

// Windows start at multiples of kWindowStep, at random in `gibs` GiB from first_gib on.
struct WindowPlace {
  uint64_t first_gib;
  uint64_t gibs;
  int tries;
};

inline constexpr uint64_t kWindowStep = 64 * kMiB;

#if defined(__SANITIZE_THREAD__) && defined(__x86_64__)

// ThreadSanitizer has its shadow in most of the address space, and what it leaves to the program is three ranges: the lowest
// 512 GiB, which position-independent programs do not use; 1.5 TiB around where the kernel loads them; 1.5 TiB at the top,
// with the stacks and libraries. Only the first is free as a whole; a heap of 1 TiB does not fit.
inline constexpr WindowPlace kWindowPlaces[] = {{16, 192, 12}};
inline constexpr uint64_t kWindowPages = uint64_t{1} << 25;  // 256 GiB
static_assert(16 + 192 + 4 + 256 <= 512);

#else

// First choice: 81 to 84 TiB, the 1 TiB of the heap ends where programs may begin. Below, down to 16 TiB, the kernel places
// nothing by itself either, but others do: MemorySanitizer has its shadow there, Go's race detector, ZGC its heap, V8 blocks at
// random. They map at fixed addresses, over whatever is there, or refuse to start. Second: 1 to 13 TiB, for tools that only
// have a small address space (valgrind).
inline constexpr WindowPlace kWindowPlaces[] = {{81 * 1024, 3 * 1024, 4}, {1024, 12 * 1024, 8}};
inline constexpr uint64_t kWindowPages = uint64_t{1} << 27;  // 1 TiB
static_assert((81 + 3 + 1) * 1024 + 4 <= 0x555555554000 / kGiB, "position-independent programs begin there");

#endif

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_WINDOW_PLACES_H_
