// The bytes behind an object that show what is written there: up to kMaxPattern of what its slot or its pages have left.
// A loop that runs past the end meets the first of them; 64 bytes cost a pair of 512 B a third of its time and found no
// more.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_PATTERN_H_
#define GLASSHEAP_ALLOCATOR_FRONT_PATTERN_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"

namespace glassheap::hardened {

inline constexpr size_t kMaxPattern = 16;

namespace pattern_internal {

typedef uint64_t __attribute__((may_alias, aligned(1))) Word;
constexpr uint64_t kPattern = 0x5a5a5a5a5a5a5a5a;

}  // namespace pattern_internal

// end: of the object. REQUIRES, for both: at least 8 bytes of object and slack together.
GH_ALWAYS_INLINE void FillPattern(char* end, size_t slack) {
  using namespace pattern_internal;
  if (slack >= 8) {
    const size_t n = slack < kMaxPattern ? slack : kMaxPattern;
    *reinterpret_cast<Word*>(end) = kPattern;
    *reinterpret_cast<Word*>(end + n - 8) = kPattern;
  } else if (slack > 0) {
    // The upper bytes of the word that ends where the slack ends; the lower ones are the object's.
    Word* word = reinterpret_cast<Word*>(end + slack - 8);
    const uint64_t mask = ~uint64_t{0} << (64 - 8 * slack);
    *word = (*word & ~mask) | (kPattern & mask);
  }
}

GH_ALWAYS_INLINE bool PatternHolds(const char* end, size_t slack) {
  using namespace pattern_internal;
  if (slack >= 8) {
    const size_t n = slack < kMaxPattern ? slack : kMaxPattern;
    return ((*reinterpret_cast<const Word*>(end + n - 8) ^ kPattern) |
            (*reinterpret_cast<const Word*>(end) ^ kPattern)) == 0;
  }
  if (slack == 0) return true;
  return (*reinterpret_cast<const Word*>(end + slack - 8) ^ kPattern) >> (64 - 8 * slack) == 0;
}

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_PATTERN_H_
