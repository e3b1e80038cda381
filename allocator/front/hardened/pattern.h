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

// What is longer takes a loop.
inline constexpr size_t kShortSlack = 15;

// From bit 0 of a word to the bytes of it that are the slack's: the last ones. REQUIRES: 0 < slack < 8.
constexpr size_t BitsBefore(size_t slack) { return -8 * slack % 64; }

// end: of the object. REQUIRES, for all: at least 8 bytes of object and slack together.

// over_zeros: the object's bytes in the word where the slack begins are zero, or may become it.
GH_ALWAYS_INLINE void FillPattern(char* end, size_t slack, bool over_zeros = false) {
  using namespace pattern_internal;
  if (slack > kShortSlack) {
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
    Word* const word = reinterpret_cast<Word*>(end + slack - 8);
    const uint64_t kept = over_zeros ? 0 : *word & ~(~uint64_t{0} << BitsBefore(slack));
    *word = kept | kPattern << BitsBefore(slack);
  }
}

// The same as PatternHolds, of a slack up to kShortSlack and by its end.
GH_ALWAYS_INLINE bool ShortPatternHolds(const char* slack_end, size_t slack) {
  using namespace pattern_internal;
  if (slack == 0) return true;
  const uint64_t last = *reinterpret_cast<const Word*>(slack_end - 8) ^ kPattern;
  if (slack < 8) return last >> BitsBefore(slack) == 0;
  return (last | (*reinterpret_cast<const Word*>(slack_end - slack) ^ kPattern)) == 0;
}

GH_ALWAYS_INLINE bool PatternHolds(const char* end, size_t slack) {
  using namespace pattern_internal;
  if (slack <= kShortSlack) return ShortPatternHolds(end + slack, slack);
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
  if (slack < 8) return slack == 0 || (end[-1] ^ kPattern) >> BitsBefore(slack) == 0;
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
  static_assert(kEndOfPattern == 4 * sizeof(Word));
  const Word* const end = reinterpret_cast<const Word*>(slack_end);
  if (__builtin_expect((end[-1] | end[-2] | end[-3] | end[-4]) == 0, 1)) return true;
  bool holds = true;
  for (size_t i = kEndOfPattern / sizeof(Word); i > 0; --i) {
    const uint64_t word = *(end - i);
    holds &= (word >> 1 & kOnes) * kByte == word;
  }
  return holds;
}

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_PATTERN_H_
