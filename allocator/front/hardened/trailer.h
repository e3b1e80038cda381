// The keyed word at the end of a small object's slot (hardened.h).
//
//   word = key ^ (magic << 52 | state << 48 | info << 24 | info),  info = slack | partial << 19 | origin << 20,  key = secret ^ address of word
//
// info is there twice, so that a change of any one byte shows; and no trailer is one at another address.
//
// Thread safety: the object's owner may write it; whoever frees the object behind it reads it at any time.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_TRAILER_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_TRAILER_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/base/racy.h"
#include "allocator/front/hardened/hardened.h"
#include "allocator/heap/span.h"

namespace glassheap::hardened {

extern constinit uint64_t trailer_secret __attribute__((visibility("hidden")));

class Trailer {
 public:
  static constexpr size_t kSize = 8;

  // The trailer of the slot that begins at `object` and has `capacity` bytes.
  GH_ALWAYS_INLINE Trailer(const void* object, size_t capacity)
      : word_(reinterpret_cast<FirstWord*>(reinterpret_cast<uintptr_t>(object) + capacity - kSize)),
        plain_(LoadRacy(word_) ^ Key()) {}

  bool live() const { return plain_ >> 48 == kLive && Whole(); }
  bool free() const { return cleared() || free_in_part() || untouched(); }
  // Free, and all of the slot is zero.
  bool cleared() const { return plain_ == kFree << 48; }
  // Free, and only the first bytes of the slot are zero.
  bool free_in_part() const { return plain_ == kFreePart << 48; }
  // The page was given back, or never used: all of it is zero, and so is this word.
  bool untouched() const { return plain_ == Key(); }
  bool valid() const { return (plain_ >> 52 == kMagic && Whole()) || untouched(); }

  // Both said the same when they were read.
  bool Same(const Trailer& other) const { return plain_ == other.plain_; }

  // REQUIRES: live().
  // Only the first kAlwaysFilled bytes of the slack have the pattern (pattern.h).
  bool partial() const { return (plain_ & kPartial) != 0; }
  size_t slack() const { return plain_ & 0x7ffff; }
  Origin origin() const { return static_cast<Origin>((plain_ >> 20) & 0xf); }

  void SetLive(size_t slack, Origin origin, bool partial = false) {
    const uint64_t info = slack | (partial ? kPartial : 0) | uint64_t{static_cast<uint8_t>(origin)} << 20;
    *word_ = Key() ^ (kLive << 48 | info << 24 | info);
  }
  void SetFree(bool all_cleared) { *word_ = Key() ^ (all_cleared ? kFree : kFreePart) << 48; }

 private:
  static constexpr uint64_t kPartial = uint64_t{1} << 19;
  static constexpr uint64_t kMagic = 0x5fe;
  static constexpr uint64_t kLive = kMagic << 4 | 1;
  static constexpr uint64_t kFree = kMagic << 4 | 2;
  static constexpr uint64_t kFreePart = kMagic << 4 | 3;

  bool Whole() const { return ((plain_ ^ plain_ >> 24) & 0xffffff) == 0; }
  uint64_t Key() const { return trailer_secret ^ reinterpret_cast<uintptr_t>(word_); }

  FirstWord* word_;
  uint64_t plain_;
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_TRAILER_H_
