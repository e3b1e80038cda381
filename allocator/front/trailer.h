// The keyed word at the end of a small object's slot (hardened.h).
//
//   word = key(address of the word) ^ (state << 48 | info << 24 | info),  info = slack | origin << 20
//
// info is there twice, so that a change of any one byte shows.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_TRAILER_H_
#define GLASSHEAP_ALLOCATOR_FRONT_TRAILER_H_

#include <cstddef>
#include <cstdint>

#include "allocator/front/hardened.h"
#include "allocator/heap/span.h"

namespace glassheap::hardened {

extern constinit uint64_t trailer_secret __attribute__((visibility("hidden")));

class Trailer {
 public:
  static constexpr size_t kSize = 8;

  // The trailer of the slot that begins at `object` and has `capacity` bytes.
  Trailer(const void* object, size_t capacity)
      : word_(reinterpret_cast<FirstWord*>(reinterpret_cast<uintptr_t>(object) + capacity - kSize)), raw_(*word_) {
    plain_ = raw_ ^ Key();
  }

  bool live() const { return (plain_ >> 48) == kLive && (plain_ & kInfo) == ((plain_ >> 24) & kInfo); }
  bool free() const { return plain_ == kFree << 48 || plain_ == kFreePart << 48 || raw_ == 0; }
  // REQUIRES: free(). False: only the first bytes of the slot are zero.
  bool all_cleared() const { return plain_ != kFreePart << 48; }
  bool valid() const { return live() || free(); }

  // REQUIRES: live().
  size_t slack() const { return plain_ & 0xfffff; }
  Origin origin() const { return static_cast<Origin>((plain_ >> 20) & 0xf); }

  void SetLive(size_t slack, Origin origin) {
    const uint64_t info = slack | uint64_t{static_cast<uint8_t>(origin)} << 20;
    *word_ = Key() ^ (kLive << 48 | info << 24 | info);
  }
  void SetFree(bool all_cleared) { *word_ = Key() ^ (all_cleared ? kFree : kFreePart) << 48; }

 private:
  static constexpr uint64_t kLive = 0x11fe;
  static constexpr uint64_t kFree = 0xf4ee;
  static constexpr uint64_t kFreePart = 0xf4e0;
  static constexpr uint64_t kInfo = 0xffffff;

  uint64_t Key() const { return trailer_secret ^ reinterpret_cast<uintptr_t>(word_) * 0x9e3779b97f4a7c15u; }

  FirstWord* word_;
  uint64_t raw_;
  uint64_t plain_;
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_TRAILER_H_
