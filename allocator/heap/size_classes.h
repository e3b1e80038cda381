// The size classes: which sizes small objects come in, how large their spans are, and how many move at once.
//
// Sizes: 8; then steps of 16 to 128; then eight steps per doubling to 256 KiB, so rounding loses at most 1/9 of an
// object (the contract is 12.5 %). Class 0 is not a class: it stands for "not small".
//
// Invariants:
//   (1) size(c) grows with c; ClassOf(s) is the smallest c with size(c) >= s.
//   (2) size(c) is a multiple of 16 but for class 1, so every object of 16 bytes and more is 16-byte aligned.
//   (3) Grid classes (size <= kMaxGridSize): every object's address is a multiple of the size, so free() tells an
//       interior pointer by one multiplication and without a look at the span.
//   (4) inverse(c) = ceil(2^64 / size): x is a multiple of size iff x * inverse mod 2^64 < inverse, for x < 2^64 / size
//       (Lemire, Kaser, Kurz: Faster remainder by direct computation, 2019); and x / size = (x * inverse) >> 64.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_SIZE_CLASSES_H_
#define GLASSHEAP_ALLOCATOR_HEAP_SIZE_CLASSES_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "allocator/base/types.h"

namespace glassheap {

// The number of a size class, 1 to kClassCount - 1.
using SizeClass = uint32_t;

inline constexpr size_t kMaxGridSize = 1024;

namespace size_class_internal {

constexpr size_t kStepsPerDoubling = 8;
constexpr size_t kLinearLimit = 128;

// Smallest size of the scheme that holds `size`.
constexpr size_t RoundToClassSize(size_t size) {
  if (size <= 8) return 8;
  if (size <= kLinearLimit) return RoundUp(size, 16);
  const size_t step = std::bit_floor(size - 1) / kStepsPerDoubling;
  return RoundUp(size, step);
}

constexpr size_t CountClasses() {
  size_t count = 1;
  for (size_t size = 1; size <= kMaxSmallSize; size = RoundToClassSize(size) + 1) ++count;
  return count;
}

}  // namespace size_class_internal

inline constexpr SizeClass kClassCount = size_class_internal::CountClasses();

struct SizeClassInfo {
  uint32_t size = 0;
  uint16_t span_pages = 0;
  uint16_t batch = 0;         // most objects moved between a thread and the centre at once
  uint16_t max_cached = 0;    // most objects one thread may keep
  uint16_t max_transfer = 0;  // most objects the transfer cache may keep
  uint64_t inverse = 0;
};

namespace size_class_internal {

constexpr size_t Clamp(size_t value, size_t low, size_t high) {
  return value < low ? low : value > high ? high : value;
}

// Small objects get spans of 32 or 64 KiB: enough that a span's descriptor (64 bytes), its bits and its page map stay
// under 0.5 % even for 8-byte objects, and that the grid's alignment loses at most 1/64. Only touched pages cost memory.
// Larger ones get the fewest pages that waste at most 1/32, or else the least of up to 128 pages.
constexpr uint16_t SpanPages(size_t size) {
  if (size <= 512) return 4;
  if (size <= kMaxGridSize) return 8;
  size_t best_pages = 0;
  size_t best_waste = ~size_t{0};  // in 1/65536 of the span
  const size_t min_objects = size <= 8 * kKiB ? 8 : size <= 32 * kKiB ? 4 : 1;
  const size_t start = (size * min_objects + kPageSize - 1) / kPageSize;
  for (size_t pages = start; pages <= start * 4 && pages <= 128; ++pages) {
    const size_t bytes = pages * kPageSize;
    const size_t waste = (bytes % size) * 65536 / bytes;
    if (waste < best_waste) {
      best_waste = waste;
      best_pages = pages;
    }
    if (best_waste <= 65536 / 32) break;
  }
  return static_cast<uint16_t>(best_pages);
}

// A trip to the centre moves 16 KiB, and a transfer cache keeps 256 KiB; but of large objects 4, and 16, as long as these
// are no more than 256 KiB and 1 MiB: one by one, 40 live ones of 32 to 256 KiB took twice as long.
constexpr SizeClassInfo MakeInfo(size_t size) {
  SizeClassInfo info;
  info.size = static_cast<uint32_t>(size);
  info.span_pages = SpanPages(size);
  info.batch = static_cast<uint16_t>(Clamp(16 * kKiB / size, Clamp(256 * kKiB / size, 1, 4), 512));
  info.max_cached = static_cast<uint16_t>(Clamp(kMiB / size, 2, 2046));
  info.max_transfer = static_cast<uint16_t>(Clamp(256 * kKiB / size, Clamp(kMiB / size, 2, 16), 8190));
  info.inverse = ~uint64_t{0} / size + 1;
  return info;
}

constexpr std::array<SizeClassInfo, kClassCount> MakeTable() {
  std::array<SizeClassInfo, kClassCount> table = {};
  size_t size = 0;
  for (SizeClass c = 1; c < kClassCount; ++c) {
    size = RoundToClassSize(size + 1);
    table[c] = MakeInfo(size);
  }
  return table;
}

// Sizes to 1024 are looked up in steps of 8, larger ones in steps of 128: both divide every class boundary.
inline constexpr size_t kFineLimit = 1024;
inline constexpr size_t kFineEntries = kFineLimit / 8 + 1;
inline constexpr size_t kCoarseEntries = kMaxSmallSize / 128 + 1;

}  // namespace size_class_internal

inline constexpr std::array<SizeClassInfo, kClassCount> kSizeClasses = size_class_internal::MakeTable();

namespace size_class_internal {

template <size_t kEntries, size_t kStep>
constexpr std::array<uint8_t, kEntries> MakeLookup() {
  std::array<uint8_t, kEntries> lookup = {};
  SizeClass c = 1;
  for (size_t i = 0; i < kEntries; ++i) {
    while (kSizeClasses[c].size < i * kStep) ++c;
    lookup[i] = static_cast<uint8_t>(c);
  }
  return lookup;
}

inline constexpr auto kFine = MakeLookup<kFineEntries, 8>();
inline constexpr auto kCoarse = MakeLookup<kCoarseEntries, 128>();

constexpr std::array<uint64_t, kClassCount> MakeInverses() {
  std::array<uint64_t, kClassCount> inverses = {};
  for (SizeClass c = 1; c < kClassCount; ++c) inverses[c] = kSizeClasses[c].inverse;
  return inverses;
}

}  // namespace size_class_internal

// The inverses alone, for the paths that count instructions.
inline constexpr std::array<uint64_t, kClassCount> kInverses = size_class_internal::MakeInverses();

// The class that serves `size`. REQUIRES: size <= kMaxSmallSize.
inline SizeClass ClassOf(size_t size) {
  using namespace size_class_internal;
  if (size <= kFineLimit) return kFine[(size + 7) / 8];
  return kCoarse[(size + 127) / 128];
}

// The same at compile time.
constexpr SizeClass ClassOfConstant(size_t size) {
  SizeClass c = 1;
  while (kSizeClasses[c].size < size) ++c;
  return c;
}

inline const SizeClassInfo& ClassInfo(SizeClass c) { return kSizeClasses[c]; }
inline size_t ClassSize(SizeClass c) { return kSizeClasses[c].size; }
inline bool IsGridClass(SizeClass c) { return kSizeClasses[c].size <= kMaxGridSize; }
inline Length SpanLength(SizeClass c) { return Length(kSizeClasses[c].span_pages); }

// x / size(c) for x < 2^46.
inline size_t DivideByClassSize(size_t x, SizeClass c) {
  return static_cast<size_t>((static_cast<unsigned __int128>(x) * kSizeClasses[c].inverse) >> 64);
}

// The smallest class for `size` whose objects are all aligned to `alignment`; 0 when none is.
//
// It is the class of the next multiple of the alignment: sizes go by steps that are powers of two, so that class is that
// multiple itself, or the step is a multiple of the alignment.
// REQUIRES: 0 < size <= kMaxSmallSize, alignment a power of two.
inline SizeClass AlignedClassOf(size_t size, size_t alignment) {
  const size_t rounded = (size + alignment - 1) & ~(alignment - 1);
  return alignment <= kPageSize && rounded <= kMaxSmallSize ? ClassOf(rounded) : 0;
}

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_SIZE_CLASSES_H_
