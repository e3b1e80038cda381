// How the slots of a size class lie in their spans.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_SLOT_LAYOUT_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_SLOT_LAYOUT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/heap/page_map.h"
#include "allocator/heap/size_classes.h"
#include "allocator/heap/thread_cache.h"

namespace glassheap::hardened {

// What a class's slots are found by, in one place, and at the offset of its list (LayoutAt): half a cache line.
struct alignas(32) SlotLayout {
  uint64_t inverse;    // size_classes.h, invariant (4)
  uint32_t capacity;   // of a slot
  int32_t last_begin;  // in the span: what begins later does not end in it
};
inline constexpr auto kSlotLayouts = [] {
  std::array<SlotLayout, kClassCount> layouts = {};
  for (SizeClass c = 1; c < kClassCount; ++c) {
    const auto& info = kSizeClasses[c];
    layouts[c] = {info.inverse, info.size,
                  static_cast<int32_t>(info.span_pages * kPageSize) - static_cast<int32_t>(info.size)};
  }
  return layouts;
}();

// By ThreadCache::ListOffset, without a shift.
GH_ALWAYS_INLINE const SlotLayout& LayoutAt(uint32_t list_offset) {
  static_assert(sizeof(SlotLayout) == ThreadCache::ListOffset(1));
  return *reinterpret_cast<const SlotLayout*>(reinterpret_cast<const char*>(kSlotLayouts.data()) + list_offset);
}

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_SLOT_LAYOUT_H_
