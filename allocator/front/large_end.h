// Where a large object ends, in the default library: its size stands in its span (inline_bits), and the 32 bytes behind it
// hold a pattern, as far as they are on the system page that holds its last byte. So they cost no page, and an object that
// ends with its page has none.
//
// Thread safety: who has the object may do all of it.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_LARGE_END_H_
#define GLASSHEAP_ALLOCATOR_FRONT_LARGE_END_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/base/types.h"
#include "allocator/heap/heap.h"
#include "allocator/heap/span.h"

namespace glassheap {

class LargeEnd {
 public:
  // The bytes that were asked for.
  static size_t SizeOf(const Span* span) { return span->inline_bits; }

  // REQUIRES: size <= the span's bytes, and not 0.
  static void Set(Span* span, size_t size) {
    span->inline_bits = size;
    char* const end = EndOf(span);
    const size_t room = Room(size);
    if (__builtin_expect(room >= kPatternBytes, 1)) {
      *reinterpret_cast<Pair*>(end) = kPattern;
      *reinterpret_cast<Pair*>(end + sizeof(Pair)) = kPattern;
    } else {
      for (size_t i = 0; i < room; ++i) end[i] = kPatternByte;
    }
  }

  // False: somebody wrote there.
  static bool Holds(const Span* span) {
    const char* const end = EndOf(span);
    const size_t room = Room(SizeOf(span));
    if (__builtin_expect(room >= kPatternBytes, 1)) {
      const Pair changed = (*reinterpret_cast<const Pair*>(end) ^ kPattern) |
                           (*reinterpret_cast<const Pair*>(end + sizeof(Pair)) ^ kPattern);
      return (changed[0] | changed[1]) == 0 || WasDropped(end, kPatternBytes);
    }
    for (size_t i = 0; i < room; ++i) {
      if (end[i] != kPatternByte) return WasDropped(end, room);
    }
    return true;
  }

 private:
  typedef uint64_t __attribute__((may_alias, vector_size(16), aligned(1))) Pair;
  static constexpr char kPatternByte = 0x5a;
  static constexpr Pair kPattern = {0x5a5a'5a5a'5a5a'5a5a, 0x5a5a'5a5a'5a5a'5a5a};
  static constexpr size_t kPatternBytes = 2 * sizeof(Pair);

  // All zero: whoever tells the kernel that it does not need the bytes of the object (MADV_DONTNEED) loses the rest of its
  // last page too, as the kernel takes whole ones. It would be wrong to abort then; so many zeros written are not seen.
  GH_NOINLINE static bool WasDropped(const char* end, size_t room) {
    for (size_t i = 0; i < room; ++i) {
      if (end[i] != 0) return false;
    }
    return true;
  }
  static char* EndOf(const Span* span) { return heap.pages.AddressOf(span) + SizeOf(span); }
  // At most so many bytes behind the object are on its last system page.
  static size_t Room(size_t size) { return -size % kSystemPageSize; }
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_LARGE_END_H_
