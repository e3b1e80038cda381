// Whether a range that the program is about to write or read lies in one object, if it begins in one.
//
// Small: from the address to its page's entry, its slot, the slot's trailer, which says how long the object is. Large, if the
// range begins on its first page: its span. What begins elsewhere passes: the stack, static memory, further inside of large
// objects, sampled ones; behind those is a page without access.
//
// Thread safety: any, also in signal handlers; takes no lock unless it is about to die, or has found a range of a large object
// to be too long. Looks at no other slot than the one the range begins in, whose object the caller uses; the answer for one
// that another thread frees or resizes meanwhile is worth nothing.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_BOUNDS_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_BOUNDS_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/front/hardened/slot_layout.h"
#include "allocator/front/hardened/trailer.h"
#include "allocator/front/object.h"
#include "allocator/heap/heap.h"
#include "allocator/heap/size_classes.h"

namespace glassheap::hardened {

// The slot of a small span that an address would lie in. The ends of a span may hold less than a slot: see valid().
class SlotAround {
 public:
  // REQUIRES: entry = EntryOf(address), not 0.
  GH_ALWAYS_INLINE SlotAround(uintptr_t address, uint32_t entry) : layout_(LayoutAt(PageMap::ListOffset(entry))) {
    const size_t in_span = (size_t{PageMap::PageInSpan(entry)} << kPageShift) + address % kPageSize;
    offset_ = on_grid() ? Remainder(address) : Remainder(in_span);
    begin_ = address - offset_;
    begin_in_span_ = static_cast<int64_t>(in_span - offset_);
  }

  bool on_grid() const { return __builtin_expect(capacity() <= kMaxGridSize, 1); }

  // Its end, where the trailer is, lies in the span.
  bool valid() const { return begin_in_span_ <= layout_.last_begin; }
  // It is one that can be handed out. The first slot of a span never is (central_cache.h), nor is half a one.
  bool usable() const { return valid() && begin_in_span_ >= (on_grid() ? 1 : static_cast<int64_t>(capacity())); }
  void* begin() const { return reinterpret_cast<void*>(begin_); }
  size_t offset() const { return offset_; }  // of the address
  size_t capacity() const { return layout_.capacity; }
  SizeClass size_class() const { return ClassOf(capacity()); }
  // REQUIRES: valid().
  Trailer trailer() const { return Trailer(begin(), capacity()); }
  // REQUIRES: trailer().live().
  size_t SizeBy(const Trailer& trailer) const { return capacity() - Trailer::kSize - trailer.slack(); }

  // The one behind it.
  SlotAround Next() const {
    SlotAround next = *this;
    next.begin_ += capacity();
    next.begin_in_span_ += static_cast<int64_t>(capacity());
    next.offset_ = 0;
    return next;
  }
  bool Live() const { return usable() && trailer().live(); }

 private:
  // x % capacity: the first product is the fraction of a slot, the second its bytes.
  GH_ALWAYS_INLINE size_t Remainder(uint64_t x) const {
    const uint64_t fraction = x * layout_.inverse;
    return static_cast<size_t>((static_cast<unsigned __int128>(fraction) * layout_.capacity) >> 64);
  }

  const SlotLayout& layout_;
  size_t offset_;
  uintptr_t begin_;
  int64_t begin_in_span_;
};

enum class Access : uint8_t { kWrite, kRead };

// Dies with the line that fits. REQUIRES: the range is not all right.
[[noreturn]] GH_NOINLINE void ReportRange(const void* at, size_t n, Access access);

// False: the range passes, wherever it ends.
GH_ALWAYS_INLINE bool InHeap(const void* at) { return heap.pages.Contains(reinterpret_cast<uintptr_t>(at)); }

// Dies if the n bytes begin in an object, or where one could be, and are not all of that one's.
GH_NOINLINE void CheckRange(const void* at, size_t n, Access access);

// The same without a call, for a small span. REQUIRES: entry = EntryOf(at), not 0; n > 0.
//
// Behind the last slot of a span on the grid the trailer is looked for up to a KiB too far: it is none of its address there, or
// a fault for a program that is about to die anyway. To know that before costs 7 instructions of 30.
template <Access access>
GH_ALWAYS_INLINE void CheckSmallRange(const void* at, size_t n, uint32_t entry) {
  const SlotAround slot(reinterpret_cast<uintptr_t>(at), entry);
  if (!slot.on_grid() && !slot.valid()) ReportRange(at, n, access);
  const Trailer trailer = slot.trailer();
  const size_t size = slot.SizeBy(trailer);  // of a live one
  const size_t room = size > slot.offset() ? size - slot.offset() : 0;
  if (__builtin_expect(!trailer.live() || n > room, 0)) ReportRange(at, n, access);
}

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_BOUNDS_H_
