// The word at the end of a slot in the hardened library: it says what was put there, and no other word does.
#include "allocator/front/hardened/trailer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

#include "tests/support/random.h"

namespace glassheap::hardened {
namespace {

using glassheap::testing::Random;

constexpr size_t kCapacity = 64;

struct alignas(16) Slot {
  char bytes[kCapacity] = {};

  Trailer trailer() const { return Trailer(bytes, kCapacity); }
  uint64_t word() const {
    uint64_t word;
    memcpy(&word, bytes + kCapacity - Trailer::kSize, sizeof(word));
    return word;
  }
  void SetWord(uint64_t word) { memcpy(bytes + kCapacity - Trailer::kSize, &word, sizeof(word)); }
};

Origin AnyOrigin(Random& random) { return static_cast<Origin>(1 + random.Below(5)); }

TEST(Trailer, LiveSaysWhatWasPutThere) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const size_t slack = random.Below(1 << 19);
    const Origin origin = AnyOrigin(random);
    const bool partial = random.OneIn(3);
    Slot slot;
    slot.trailer().SetLive(slack, origin, partial);
    const Trailer trailer = slot.trailer();
    ASSERT_TRUE(trailer.live() && trailer.valid());
    ASSERT_FALSE(trailer.free());
    ASSERT_EQ(trailer.slack(), slack);
    ASSERT_EQ(trailer.origin(), origin);
    ASSERT_EQ(trailer.partial(), partial);
    for (int other = 1; other <= 5; ++other) {
      const size_t whole = trailer.WholeSlackOf(static_cast<Origin>(other));
      if (static_cast<Origin>(other) == origin && !partial) {
        ASSERT_EQ(whole, slack);
      } else {
        ASSERT_GE(whole, Trailer::kNone) << "origin " << other;
      }
    }
  }
}

TEST(Trailer, FreeIsNotLive) {
  Slot slot;
  for (const bool cleared : {true, false}) {
    slot.trailer().SetFree(cleared);
    const Trailer trailer = slot.trailer();
    EXPECT_TRUE(trailer.free() && trailer.valid());
    EXPECT_FALSE(trailer.live() || trailer.untouched());
    EXPECT_EQ(trailer.cleared(), cleared);
    EXPECT_EQ(trailer.free_in_part(), !cleared);
    EXPECT_EQ(trailer.slack(), 0u);
    EXPECT_GE(trailer.WholeSlackOf(Origin::kMalloc), Trailer::kNone);
  }
}

TEST(Trailer, ZeroIsUntouched) {
  const Slot slot;
  const Trailer trailer = slot.trailer();
  EXPECT_TRUE(trailer.untouched() && trailer.free() && trailer.valid());
  EXPECT_FALSE(trailer.live());
}

TEST(Trailer, IsFoundFromTheSlotBehind) {
  Slot slots[2];
  slots[0].trailer().SetLive(5, Origin::kNew);
  EXPECT_TRUE(Trailer::Before(slots[1].bytes).Same(slots[0].trailer()));
  EXPECT_EQ(slots[0].trailer().slack_end(), slots[1].bytes - Trailer::kSize);
}

TEST(Trailer, EveryChangedByteShows) {
  Random random(2);
  for (int i = 0; i < 50; ++i) {
    Slot slot;
    if (random.OneIn(5)) {
      slot.trailer().SetFree(random.OneIn(2));
    } else {
      slot.trailer().SetLive(random.Below(1 << 19), AnyOrigin(random), random.OneIn(3));
    }
    const uint64_t word = slot.word();
    for (int shift = 0; shift < 64; shift += 8) {
      for (uint64_t change = 1; change < 256; ++change) {
        slot.SetWord(word ^ change << shift);
        ASSERT_FALSE(slot.trailer().valid()) << std::hex << word << " ^ " << change << " << " << shift;
      }
    }
  }
}

TEST(Trailer, OfAnotherPlaceIsNone) {
  Random random(3);
  Slot slots[64];
  for (int i = 0; i < 2000; ++i) {
    Slot& from = slots[random.Below(64)];
    Slot& to = slots[random.Below(64)];
    if (&from == &to) continue;
    from.trailer().SetLive(random.Below(64), AnyOrigin(random));
    to = from;
    ASSERT_FALSE(to.trailer().valid());
  }
}

}  // namespace
}  // namespace glassheap::hardened
