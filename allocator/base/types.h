// Strong types for the units the heap is measured in. A PageId and a Length cannot be mixed up, nor either with bytes.

#ifndef GLASSHEAP_ALLOCATOR_BASE_TYPES_H_
#define GLASSHEAP_ALLOCATOR_BASE_TYPES_H_

#include <compare>
#include <cstddef>
#include <cstdint>

namespace glassheap {

// 8 KiB: twice the hardware's page. Smaller pages cost page map, larger ones pin more memory per survivor.
inline constexpr size_t kPageShift = 13;
inline constexpr size_t kPageSize = size_t{1} << kPageShift;
inline constexpr size_t kSystemPageSize = 4096;

inline constexpr size_t kKiB = 1024;
inline constexpr size_t kMiB = 1024 * kKiB;
inline constexpr size_t kGiB = 1024 * kMiB;

// Requests above this are served by the page heap, each with a span of its own.
inline constexpr size_t kMaxSmallSize = 256 * kKiB;

// A number of pages.
class Length {
 public:
  constexpr Length() = default;
  constexpr explicit Length(size_t pages) : pages_(pages) {}
  static constexpr Length OfBytes(size_t bytes) { return Length((bytes + kPageSize - 1) >> kPageShift); }
  constexpr size_t pages() const { return pages_; }
  constexpr size_t bytes() const { return pages_ << kPageShift; }
  constexpr auto operator<=>(const Length&) const = default;
  constexpr Length operator+(Length o) const { return Length(pages_ + o.pages_); }
  constexpr Length operator-(Length o) const { return Length(pages_ - o.pages_); }
  constexpr Length& operator+=(Length o) {
    pages_ += o.pages_;
    return *this;
  }
  constexpr Length& operator-=(Length o) {
    pages_ -= o.pages_;
    return *this;
  }

 private:
  size_t pages_ = 0;
};

// The number of a page, counted from the base of the heap's window (page_map.h).
class PageId {
 public:
  constexpr PageId() = default;
  constexpr explicit PageId(size_t index) : index_(index) {}
  constexpr size_t index() const { return index_; }
  constexpr auto operator<=>(const PageId&) const = default;
  constexpr PageId operator+(Length n) const { return PageId(index_ + n.pages()); }
  constexpr PageId operator-(Length n) const { return PageId(index_ - n.pages()); }
  constexpr Length operator-(PageId o) const { return Length(index_ - o.index_); }

 private:
  size_t index_ = 0;
};

constexpr size_t RoundUp(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }
constexpr bool IsPowerOfTwo(size_t value) { return value != 0 && (value & (value - 1)) == 0; }

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_TYPES_H_
