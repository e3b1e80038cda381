// The walk that proves central_cache.h's invariants, for its spans.

#include <bit>

#include "allocator/base/check.h"
#include "allocator/heap/central_cache.h"

namespace glassheap {

uint32_t CentralCache::CheckSpan(const Span* span, const PageMap& pages) {
  GH_CHECK(span->state == SpanState::kSmall);
  GH_CHECK(span->allocated > 0 && span->allocated <= span->fresh && span->fresh <= span->capacity);
  uint32_t bits = 0;
  for (size_t word = 0; word < (span->capacity + 63u) / 64; ++word) {
    bits += static_cast<uint32_t>(std::popcount(span->free_bits[word]));
  }
  GH_CHECK(span->allocated + bits == span->fresh);
  for (uint32_t i = 0; i < span->page_count; ++i) {
    const PageId page = span->first() + Length(i);
    GH_CHECK(pages.At(page) == span);
    if (pages.Entry(page) == 0) {
      GH_CHECK(span->first_object + span->fresh * ClassSize(span->size_class) <= Length(i).bytes());
    } else {
      GH_CHECK(PageMap::PageInSpan(pages.Entry(page)) == i);
    }
  }
  return span->free_slots();
}

void CentralCache::CheckInvariants() const {
  uint64_t free_slots = 0;
  for (uint32_t b = 0; b < kBuckets; ++b) {
    for (const Span* span = buckets_[b].front(); span != nullptr; span = span->next) {
      GH_CHECK(span->size_class == class_);
      GH_CHECK(span->bucket == b && BucketFor(span) == b);
      GH_CHECK(span->allocated < span->capacity);
      free_slots += CheckSpan(span, *pages_);
    }
  }
  GH_CHECK(free_slots == counters_.central_objects);
  GH_CHECK(counters_.transfer_objects <= transfer_capacity_);
}

}  // namespace glassheap
