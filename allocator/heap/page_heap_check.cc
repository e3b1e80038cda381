// The walk that proves page_heap.h's invariants.

#include "allocator/base/check.h"
#include "allocator/heap/page_heap.h"

namespace glassheap {

void PageHeap::CheckInvariants() const {
  uint64_t small = 0, large = 0, resident = 0, released = 0;
  uint64_t spans = 0;
  uint32_t moved = 0;
  const Span* previous = nullptr;
  ForEachSpan([&](const Span* span) {
    GH_CHECK(span->page_count > 0);
    GH_CHECK(pages_->At(span->end() - Length(1)) == span);
    const uint64_t bytes = span->length().bytes();
    if (span->state == SpanState::kMetadata) {
      previous = span;
      return;
    }
    if (span->state == SpanState::kFree) {
      const size_t bits = pages_->CountResident(span->first(), span->length());
      GH_CHECK(bits == span->resident_pages);
      GH_CHECK(previous == nullptr || previous->state != SpanState::kFree || previous->end() != span->first());
      resident += Length(bits).bytes();
      released += bytes - Length(bits).bytes();
    } else {
      GH_CHECK(pages_->CountResident(span->first(), span->length()) == span->page_count);
      (span->state == SpanState::kSmall ? small : large) += bytes;
      ++spans;
      moved += span->state == SpanState::kLarge && span->moved_pages != 0;
    }
    for (PageId page = span->first(); page < span->end(); page = page + Length(1)) {
      GH_CHECK(pages_->Entry(page) == 0 || span->state == SpanState::kSmall);  // which of them, CentralCache checks
    }
    previous = span;
  });
  GH_CHECK(small == counters_.small_span_bytes);
  GH_CHECK(large == counters_.large_bytes);
  GH_CHECK(resident == counters_.free_resident);
  GH_CHECK(released == counters_.free_released);
  GH_CHECK(spans == counters_.spans);
  GH_CHECK(moved == moved_);
  GH_CHECK(counters_.heap_mapped == small + large + resident + released);
}

}  // namespace glassheap
