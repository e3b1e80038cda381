// A thread's few last freed large objects, kept for its next requests of about their size: taking and giving one back is
// a look at 8 places, where the page heap would lock, search and join (90 ns). Buffers that come and go are the case.
//
// Thread safety: only its own thread, but for bytes() and count().
//
// Invariants:
//   (1) Every span here is kLarge with cached = true: to the page heap in use, to free() a double free.
//   (2) bytes() is the sum of their lengths and at most the budget given to Put.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_LARGE_CACHE_H_
#define GLASSHEAP_ALLOCATOR_HEAP_LARGE_CACHE_H_

#include <cstdint>

#include "allocator/base/racy.h"
#include "allocator/heap/span.h"

namespace glassheap {

class LargeCache {
 public:
  // A span of at least n pages that wastes at most an eighth; nullptr if there is none. The newest comes first.
  Span* Take(Length n) {
    for (uint32_t i = count_; i-- > 0;) {  // almost always the first look hits
      Span* span = places_[i];
      if (span->length() < n || span->page_count > n.pages() + n.pages() / 8) continue;
      RemoveAt(i);
      span->cached = false;
      span->zeroed = false;
      return span;
    }
    return nullptr;
  }

  // REQUIRES: HasRoom(span, budget).
  void Put(Span* span) {
    span->cached = true;
    bytes_ += span->length().bytes();
    places_[count_] = span;
    __atomic_store_n(&count_, count_ + 1, __ATOMIC_RELEASE);  // a fork in between must not see a place without a span
  }

  // Empties the cache of a thread that a fork left behind, in the middle of anything: a span may be in two places, and one
  // that was on its way out is cached no more.
  template <typename Drop>
  void DropMarked(Drop drop) {
    for (uint32_t i = 0; i < count_; ++i) {
      Span* span = places_[i];
      if (span == nullptr || span->state != SpanState::kLarge || !span->cached) continue;
      span->cached = false;
      drop(span);
    }
    count_ = 0;
    bytes_ = 0;
  }

  bool HasRoom(const Span* span, uint64_t budget) const {
    return count_ < kPlaces && bytes_ + span->length().bytes() <= budget;
  }

  // The span that has been here longest, for the page heap; nullptr if there is none. It stays cached: another thread that
  // frees it once more, until the page heap has it, must see that.
  Span* TakeOldest() {
    if (count_ == 0) return nullptr;
    Span* span = places_[0];
    RemoveAt(0);
    return span;
  }

  // Any thread may ask for these.
  uint64_t bytes() const { return LoadRacy(&bytes_); }
  uint32_t count() const { return LoadRacy(&count_); }

 private:
  static constexpr uint32_t kPlaces = 8;

  void RemoveAt(uint32_t i) {
    bytes_ -= places_[i]->length().bytes();
    --count_;
    for (; i < count_; ++i) places_[i] = places_[i + 1];
  }

  Span* places_[kPlaces];  // oldest first
  uint32_t count_;
  uint64_t bytes_;
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_LARGE_CACHE_H_
