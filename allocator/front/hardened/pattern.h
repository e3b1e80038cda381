// The bytes behind an object that show what is written there: all that its slot has left, up to kAlwaysFilled, which is all of it
// up to 1 KiB; and beyond as long as the thread's budget for clearing has it (clearing.h). All of it always would cost a
// pair of 8 KiB, of which few are cleared in a loop of nothing else, 116 ns instead of 32.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_PATTERN_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_PATTERN_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/base/racy.h"

namespace glassheap::hardened {

inline constexpr size_t kAlwaysFilled = 128;

namespace pattern_internal {

typedef uint64_t __attribute__((may_alias, aligned(1))) Word;
typedef uint64_t __attribute__((may_alias, vector_size(16), aligned(1))) WordPair;
constexpr uint64_t kPattern = 0x5a5a5a5a5a5a5a5a;
constexpr WordPair kPatternPair = {kPattern, kPattern};

}  // namespace pattern_internal

// end: of the object. REQUIRES, for both: at least 8 bytes of object and slack together.
GH_ALWAYS_INLINE void FillPattern(char* end, size_t slack) {
  using namespace pattern_internal;
  if (slack >= sizeof(WordPair)) {
    char* const last = end + slack - sizeof(WordPair);
    for (; end < last; end += sizeof(WordPair)) {
      *reinterpret_cast<WordPair*>(end) = kPatternPair;
      asm volatile("" : : : "memory");  // not a call of memset
    }
    *reinterpret_cast<WordPair*>(last) = kPatternPair;
  } else if (slack >= 8) {
    *reinterpret_cast<Word*>(end) = kPattern;
    *reinterpret_cast<Word*>(end + slack - 8) = kPattern;
  } else if (slack > 0) {
    // The upper bytes of the word that ends where the slack ends; the lower ones are the object's.
    Word* word = reinterpret_cast<Word*>(end + slack - 8);
    const uint64_t mask = ~uint64_t{0} << (64 - 8 * slack);
    *word = (*word & ~mask) | (kPattern & mask);
  }
}

GH_ALWAYS_INLINE bool PatternHolds(const char* end, size_t slack) {
  using namespace pattern_internal;
  if (slack >= sizeof(WordPair)) {
    const char* const last = end + slack - sizeof(WordPair);
    WordPair any = *reinterpret_cast<const WordPair*>(last) ^ kPatternPair;
    for (; last - end > 64; end += 64) {
      const WordPair* const four = reinterpret_cast<const WordPair*>(end);
      any |=
          ((four[0] ^ kPatternPair) | (four[1] ^ kPatternPair)) | ((four[2] ^ kPatternPair) | (four[3] ^ kPatternPair));
    }
    for (; end < last; end += sizeof(WordPair)) any |= *reinterpret_cast<const WordPair*>(end) ^ kPatternPair;
    return (any[0] | any[1]) == 0;
  }
  if (slack >= 8) {
    return ((*reinterpret_cast<const Word*>(end + slack - 8) ^ kPattern) |
            (*reinterpret_cast<const Word*>(end) ^ kPattern)) == 0;
  }
  if (slack == 0) return true;
  return (*reinterpret_cast<const Word*>(end + slack - 8) ^ kPattern) >> (64 - 8 * slack) == 0;
}

// What is looked at of another object's slack.
inline constexpr size_t kEndOfPattern = 32;

// The last bytes of a slack that another thread may be changing (racy.h): whole words of it, or what it has of one.
template <typename Byte>
GH_RACY bool EndOfPatternHolds(const Byte* slack_end, size_t slack) {
  using namespace pattern_internal;
  if (slack >= kEndOfPattern) {
    const WordPair* const end = reinterpret_cast<const WordPair*>(slack_end);
    const WordPair any = (end[-1] ^ kPatternPair) | (end[-2] ^ kPatternPair);
    return (any[0] | any[1]) == 0;
  }
  const Word* const end = reinterpret_cast<const Word*>(slack_end);
  if (slack < 8) return slack == 0 || (end[-1] ^ kPattern) >> (64 - 8 * slack) == 0;
  uint64_t any = 0;
  for (size_t i = slack / 8; i > 0; --i) any |= *(end - i) ^ kPattern;
  return any == 0;
}

// The same of a slot that is free and all zero, whose next owner may be at filling its slack.
template <typename Byte>
GH_RACY bool EndOfZerosHolds(const Byte* slack_end) {
  using namespace pattern_internal;
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kByte = kPattern & 0xff;  // has bit 1
  const Word* const end = reinterpret_cast<const Word*>(slack_end);
  bool holds = true;
  for (size_t i = kEndOfPattern / sizeof(Word); i > 0; --i) {
    const uint64_t word = *(end - i);
    holds &= (word >> 1 & kOnes) * kByte == word;
  }
  return holds;
}

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_PATTERN_H_
