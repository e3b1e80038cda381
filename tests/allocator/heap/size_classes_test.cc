#include "allocator/heap/size_classes.h"

#include <gtest/gtest.h>

#include "allocator/abi/stats_region.h"
#include "allocator/base/metadata_arena.h"
#include "allocator/heap/thread_cache.h"
#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;

// Calls visit(size, class, bytes the class has for it) for every size there is.
template <typename Visit>
void ForEverySize(Visit visit) {
  for (size_t size = 0; size <= kMaxSmallSize; ++size) visit(size, ClassOf(size), ClassSize(ClassOf(size)));
}

template <typename Visit>
void ForEveryClass(Visit visit) {
  for (SizeClass c = 1; c < kClassCount; ++c) visit(c, ClassSize(c));
}

TEST(SizeClasses, GrowFrom8BytesTo256KiB) {
  EXPECT_EQ(ClassSize(0), 0u);
  EXPECT_EQ(ClassSize(1), 8u);
  EXPECT_EQ(ClassSize(kClassCount - 1), kMaxSmallSize);
  for (SizeClass c = 1; c < kClassCount; ++c) ASSERT_GT(ClassSize(c), ClassSize(c - 1)) << "class " << c;
}

TEST(SizeClasses, EverySizeGetsTheSmallestClassThatHoldsIt) {
  ForEverySize([](size_t size, SizeClass c, size_t bytes) {
    ASSERT_GE(c, 1u) << size;
    ASSERT_LT(c, kClassCount) << size;
    ASSERT_GE(bytes, size);
    ASSERT_TRUE(c == 1 || ClassSize(c - 1) < size) << "class " << c - 1 << " would do for " << size;
  });
  EXPECT_EQ(ClassOf(0), 1u);
}

TEST(SizeClasses, SizesUpTo8Get8) {
  for (size_t size = 0; size <= 8; ++size) EXPECT_EQ(ClassSize(ClassOf(size)), 8u);
}

TEST(SizeClasses, SizesUpTo128GoInStepsOf16) {
  for (size_t size = 9; size <= 128; ++size) EXPECT_EQ(ClassSize(ClassOf(size)), (size + 15) / 16 * 16) << size;
}

TEST(SizeClasses, AboveRoundingLosesAtMostAnEighth) {
  size_t most = 0;
  ForEverySize([&most](size_t size, SizeClass, size_t bytes) {
    if (size <= 128) return;
    const size_t lost = bytes - size;
    ASSERT_LE(lost * 8, size) << size << " rounded to " << bytes;
    const size_t lost_in_1e4 = lost * 10'000 / bytes;
    if (lost_in_1e4 > most) most = lost_in_1e4;
  });
  RecordProperty("most_lost_in_1e4", static_cast<int>(most));
  EXPECT_LE(most, 1111u) << "the header promises 1/9 of the object";
}

TEST(SizeClasses, AreMultiplesOf16FromTheSecondOn) {
  ForEveryClass([](SizeClass c, size_t size) { EXPECT_EQ(size % (c == 1 ? 8 : 16), 0u) << size; });
}

TEST(SizeClasses, GridClassesAreThoseUpTo1024) {
  ForEveryClass([](SizeClass c, size_t size) { EXPECT_EQ(IsGridClass(c), size <= 1024) << size; });
}

// What a program may do with n bytes: hold an object of n bytes of any type of the language.
TEST(SizeClasses, EveryObjectHasTheFundamentalAlignmentOfItsSize) {
  ForEveryClass([](SizeClass c, size_t size) {
    const size_t alignment = size >= 16 ? 16 : 8;
    const size_t span = SpanLength(c).bytes();
    for (size_t slot = 0; (slot + 1) * size <= span; ++slot) ASSERT_EQ(slot * size % alignment, 0u);
  });
}

TEST(SizeClasses, DivisionIsExact) {
  Random random;
  constexpr size_t kLimit = size_t{1} << 46;
  ForEveryClass([&random](SizeClass c, size_t size) {
    const auto check = [c, size](size_t x) {
      ASSERT_TRUE(x >= kLimit || DivideByClassSize(x, c) == x / size) << x << " / " << size;
    };
    for (int i = 0; i < 2000; ++i) {
      const size_t x = random.Skewed(kLimit);
      check(x);
      const size_t multiple = x / size * size;  // on both sides of a boundary
      check(multiple);
      check(multiple - 1);
      check(multiple + size - 1);
    }
    check(0);
    check(kLimit - 1);
  });
}

TEST(SizeClasses, TheInverseTellsMultiplesFromOthers) {
  Random random(1);
  ForEveryClass([&random](SizeClass c, size_t size) {
    const uint64_t inverse = ClassInfo(c).inverse;
    const auto check = [size, inverse](uint64_t x) {
      ASSERT_EQ(x * inverse < inverse, x % size == 0) << x << " and " << size;
    };
    const size_t limit = IsGridClass(c) ? size_t{1} << 47 : SpanLength(c).bytes();
    for (int i = 0; i < 2000; ++i) {
      const uint64_t x = random.Skewed(limit);
      check(x);
      check(x / size * size);
      check(x / size * size + 1);
      check(x / size * size + size - 1);
    }
    check(0);
    check(1);
  });
}

TEST(SizeClasses, TheInverseIsExactForEveryOffsetInASpan) {
  ForEveryClass([](SizeClass c, size_t size) {
    const uint64_t inverse = ClassInfo(c).inverse;
    for (size_t offset = 0; offset < SpanLength(c).bytes(); offset += 8) {
      ASSERT_EQ(offset * inverse < inverse, offset % size == 0) << offset << " and " << size;
      ASSERT_EQ(DivideByClassSize(offset, c), offset / size);
    }
  });
}

TEST(SizeClasses, AlignedClassIsTheSmallestThatFits) {
  for (size_t alignment = 1; alignment <= 4 * kPageSize; alignment *= 2) {
    for (size_t size = 1; size <= kMaxSmallSize; size += size < 2048 ? 1 : 509) {
      SizeClass expected = 0;
      for (SizeClass c = ClassOf(size); c < kClassCount && expected == 0 && alignment <= kPageSize; ++c) {
        if (ClassSize(c) % alignment == 0) expected = c;
      }
      ASSERT_EQ(AlignedClassOf(size, alignment), expected) << size << " aligned to " << alignment;
    }
  }
}

TEST(SizeClasses, EveryAlignmentUpToAPageHasAClassForEverySmallSize) {
  for (size_t alignment = 1; alignment <= kPageSize; alignment *= 2) {
    EXPECT_NE(AlignedClassOf(kMaxSmallSize, alignment), 0u) << alignment;
    EXPECT_NE(AlignedClassOf(1, alignment), 0u) << alignment;
  }
}

TEST(SizeClasses, SpansWasteLittle) {
  ForEveryClass([](SizeClass c, size_t size) {
    const size_t span = SpanLength(c).bytes();
    ASSERT_GE(span, size);
    ASSERT_LE(SpanLength(c).pages(), 128u);
    if (IsGridClass(c)) {
      EXPECT_LE((size - 1) * 64, span) << "a grid class of " << size << " may lose that much in front of slot 0";
    } else {
      EXPECT_LE(span % size * 8, span) << "the tail of a span of " << size;
    }
    EXPECT_GE(span / size, size <= 8 * kKiB ? 8u : 1u) << size;
  });
}

TEST(SizeClasses, TheirNumbersFitWhereTheyAreKept) {
  EXPECT_LE(kClassCount, abi::kMaxClasses);
  EXPECT_LE(kClassCount, 256u) << "Span::size_class";
  EXPECT_LE(ThreadCache::ListOffset(kClassCount - 1) / sizeof(FreeList), kClassCount - 1);
  ForEveryClass([](SizeClass c, size_t size) {
    const SizeClassInfo& info = ClassInfo(c);
    EXPECT_EQ(ThreadCache::ClassAtOffset(ThreadCache::ListOffset(c)), c);
    EXPECT_LE(SpanLength(c).bytes() / size, UINT16_MAX) << "Span::capacity";
    EXPECT_GE(info.batch, 1u);
    EXPECT_GE(info.max_cached, 2u);
    EXPECT_GE(info.max_transfer, info.batch);
    EXPECT_LE(MetadataArena::BlockSize((info.max_cached + 1u) * sizeof(void*)), MetadataArena::kMaxBlock);
    EXPECT_LE(info.max_transfer * sizeof(void*), MetadataArena::kMaxBlock);
  });
}

}  // namespace
}  // namespace glassheap
