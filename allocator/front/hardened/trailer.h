// The keyed word at the end of a small object's slot (hardened.h).
//
//   word = key ^ unit * info,   info = slack | partial << 19 | origin << 20,   key = secret ^ address of word
//
// A free object has one of two numbers behind those of the origins, and no slack.
//
// One multiplication by the unit's inverse tells info, and that it is less than 2^24 tells that the word is a trailer: another
// word is one in 2^40 times. No change of one byte is one (static_assert), nor is a trailer at another address.
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

namespace trailer_internal {

inline constexpr uint64_t kUnit = 0x9e6c63d0876a9a47;  // odd, and nothing else
inline constexpr uint64_t kInverse = [] {
  uint64_t inverse = kUnit;  // right in the last 3 bits; each step doubles how many are (Newton)
  for (int i = 0; i < 5; ++i) inverse *= 2 - kUnit * inverse;
  return inverse;
}();
inline constexpr uint64_t kInfos = uint64_t{1} << 24;

// Whether a byte of unit * info may become any other one without the rest becoming unit * some other info.
constexpr bool EveryChangedByteShows() {
  for (int shift = 0; shift < 64; shift += 8) {
    for (uint64_t change = 1; change < 256; ++change) {
      const uint64_t moved = (change << shift) * kInverse;
      if (moved < kInfos || -moved < kInfos) return false;
    }
  }
  return true;
}
static_assert(kUnit * kInverse == 1 && EveryChangedByteShows());

}  // namespace trailer_internal

class Trailer {
 public:
  static constexpr size_t kSize = 8;

  // The trailer of the slot that begins at `object` and has `capacity` bytes.
  GH_ALWAYS_INLINE Trailer(const void* object, size_t capacity)
      : Trailer(reinterpret_cast<uintptr_t>(object) + capacity - kSize) {}
  // That of the slot before an object's.
  static GH_ALWAYS_INLINE Trailer Before(const void* object) {
    return Trailer(reinterpret_cast<uintptr_t>(object) - kSize);
  }

  // Where the slot's slack ends.
  const char* slack_end() const { return reinterpret_cast<const char*>(word_); }

  bool live() const { return Info() - kFirstLive < kFree - kFirstLive; }
  bool free() const { return cleared() || free_in_part() || untouched(); }
  // Free, and all of the slot is zero.
  bool cleared() const { return plain_ == kUnit * kFree; }
  // Free, and only the first bytes of the slot are zero.
  bool free_in_part() const { return plain_ == kUnit * kFreePart; }
  // The page was given back, or never used: all of it is zero, and so is this word.
  bool untouched() const { return plain_ == key_; }
  bool valid() const { return Info() < kInfos || untouched(); }

  // Both said the same when they were read.
  bool Same(const Trailer& other) const { return plain_ == other.plain_; }

  // REQUIRES, for these three: live(). Of a free one the slack is 0.
  // Only the first kAlwaysFilled bytes of the slack have the pattern (pattern.h).
  bool partial() const { return (Info() & kPartial) != 0; }
  size_t slack() const { return Info() & (kPartial - 1); }
  Origin origin() const { return static_cast<Origin>(Info() >> kOriginShift & 0xf); }

  // The slack, if the object is live and of that origin, and its pattern whole; else kNone or more.
  static constexpr size_t kNone = size_t{1} << 19;
  size_t WholeSlackOf(Origin origin) const { return Info() - OriginInfo(origin); }

  void SetLive(size_t slack, Origin origin, bool partial = false) {
    *word_ = key_ ^ kUnit * (slack | (partial ? kPartial : 0) | OriginInfo(origin));
  }
  void SetFree(bool all_cleared) { *word_ = key_ ^ kUnit * (all_cleared ? kFree : kFreePart); }

 private:
  explicit GH_ALWAYS_INLINE Trailer(uintptr_t address)
      : word_(reinterpret_cast<FirstWord*>(address)), key_(trailer_secret ^ address), plain_(LoadRacy(word_) ^ key_) {}

  static constexpr uint64_t kUnit = trailer_internal::kUnit;
  static constexpr uint64_t kInfos = trailer_internal::kInfos;
  static constexpr uint64_t kPartial = kNone;
  static constexpr int kOriginShift = 20;
  static constexpr uint64_t kFirstLive = uint64_t{1} << kOriginShift;
  static constexpr uint64_t kFree = uint64_t{6} << kOriginShift;
  static constexpr uint64_t kFreePart = uint64_t{7} << kOriginShift;

  static_assert(static_cast<uint8_t>(Origin::kNewArrayAligned) == 5);
  static constexpr uint64_t OriginInfo(Origin origin) { return uint64_t{static_cast<uint8_t>(origin)} << kOriginShift; }

  uint64_t Info() const { return plain_ * trailer_internal::kInverse; }

  FirstWord* word_;
  uint64_t key_;
  uint64_t plain_;
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_TRAILER_H_
