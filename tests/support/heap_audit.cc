#include "tests/support/heap_audit.h"

#include <algorithm>
#include <cstdlib>

#include "allocator/heap/heap.h"

namespace glassheap::testing {
namespace {

template <typename A, typename B>
void Same(const char* what, int64_t number, A heap_says, B shadow_says) {
  if (static_cast<int64_t>(heap_says) == static_cast<int64_t>(shadow_says)) return;
  AuditFailed(what, number, static_cast<int64_t>(heap_says), static_cast<int64_t>(shadow_says));
}

int64_t SumOfTiers(const HeapSnapshot& s) {
  return static_cast<int64_t>(s.live_bytes + s.thread_cache_free + s.transfer_cache_free + s.central_free +
                              s.span_tail_waste + s.page_heap_free + s.page_heap_released + s.metadata +
                              s.region_slack);
}

}  // namespace

void HeapAudit::Clear() {
  shadow_ = {};
  extent_count_ = 0;
}

void HeapAudit::Add(const ShadowObject& object) {
  object.Check();
  const uintptr_t address = reinterpret_cast<uintptr_t>(object.address);
  if (extent_count_ == kMaxObjects) abort();
  const Span* span = heap.pages.FindSpan(address);
  if (span == nullptr) ShadowFailed("in no span", object);
  const bool small = span->state == SpanState::kSmall;
  const SizeClass c = small ? span->size_class : 0;
  const size_t bytes = small ? ClassSize(c) : span->length().bytes();
  if (small ? object.usable != bytes : object.usable > bytes) ShadowFailed("of another class", object);
  extents_[extent_count_++] = {address, address + bytes};
  ++shadow_.objects[c];
  ++shadow_.live_objects;
  shadow_.live_bytes += static_cast<int64_t>(bytes);
  if (!small) shadow_.large_bytes += static_cast<int64_t>(bytes);
}

// From the rooms' own counters: what is out of the centre and not in a thread's cache is live.
HeapAudit::Census HeapAudit::OfHeap() {
  Census census;
  for (SizeClass c = 1; c < kClassCount; ++c) {
    const CentralCache::Counters counters = heap.central[c].counters();
    census.objects[c] = static_cast<int64_t>(counters.slots - counters.central_objects - counters.transfer_objects);
  }
  LockHolder hold(heap.page_heap.lock());
  census.objects[0] = static_cast<int64_t>(heap.page_heap.counters().large_objects);
  census.large_bytes = static_cast<int64_t>(heap.page_heap.counters().large_bytes);
  for (const ThreadCache* cache = heap.first_cache(); cache != nullptr; cache = cache->next) {
    for (SizeClass c = 1; c < kClassCount; ++c) census.objects[c] -= cache->list(c).length();
    census.objects[0] -= cache->large_cached_objects();
    census.large_bytes -= static_cast<int64_t>(cache->large_cached_bytes());
  }
  census.live_bytes = census.large_bytes;
  for (SizeClass c = 0; c < kClassCount; ++c) {
    census.live_objects += census.objects[c];
    census.live_bytes += census.objects[c] * static_cast<int64_t>(ClassSize(c));
  }
  return census;
}

void HeapAudit::SetBaseline() {
  baseline_ = OfHeap();
  for (SizeClass c = 0; c < kClassCount; ++c) baseline_.objects[c] -= shadow_.objects[c];
  baseline_.large_bytes -= shadow_.large_bytes;
  baseline_.live_bytes -= shadow_.live_bytes;
  baseline_.live_objects -= shadow_.live_objects;
}

void HeapAudit::Compare() {
  CheckHeap(true);
  CheckOverlap();
  CompareCensus();
  CompareSnapshot();
  CompareSpans();
  CompareRegion();
  ++comparisons_;
}

void HeapAudit::CompareAfterEnd() {
  CheckHeap(true);
  ReleaseMemory(SIZE_MAX);
  CheckHeap(true);
  HeapSnapshot s;
  TakeSnapshot(&s);
  Same("residual", 0, s.residual, 0);
  Same("threads", 0, s.threads, 1);
  Same("bytes kept", 0, s.thread_cache_free + s.transfer_cache_free + s.page_heap_free, 0);
}

void HeapAudit::CheckOverlap() {
  std::sort(extents_, extents_ + extent_count_, [](const Extent& a, const Extent& b) { return a.start < b.start; });
  for (size_t i = 1; i < extent_count_; ++i) {
    if (extents_[i].start < extents_[i - 1].end) {
      AuditFailed("overlap of object", static_cast<int64_t>(i), static_cast<int64_t>(extents_[i].start),
                  static_cast<int64_t>(extents_[i - 1].end));
    }
  }
}

void HeapAudit::CompareCensus() {
  const Census now = OfHeap();
  for (SizeClass c = 0; c < kClassCount; ++c) {
    Same("live objects of class", c, now.objects[c] - baseline_.objects[c], shadow_.objects[c]);
  }
  Same("bytes of large objects", 0, now.large_bytes - baseline_.large_bytes, shadow_.large_bytes);
}

void HeapAudit::CompareSnapshot() {
  HeapSnapshot s;
  TakeSnapshot(&s);
  Same("live_objects", 0, static_cast<int64_t>(s.live_objects) - baseline_.live_objects, shadow_.live_objects);
  Same("live_bytes", 0, static_cast<int64_t>(s.live_bytes) - baseline_.live_bytes, shadow_.live_bytes);
  Same("residual", 0, s.residual, 0);
  Same("mapped, the tiers' sum", 0, s.mapped, SumOfTiers(s));
  Same("threads", 0, s.threads, heap.cache_count());
}

// What ForEachSpan shows, against the page heap's counters.
void HeapAudit::CompareSpans() {
  struct Sums {
    uint64_t small = 0, large = 0, free = 0, resident = 0, slots = 0, out = 0, in_use = 0;
  } sums;
  ForEachSpan(
      [](const SpanInfo& span, void* context) {
        Sums& sums = *static_cast<Sums*>(context);
        if (!span.in_use) {
          sums.free += span.bytes;
          sums.resident += span.resident_claim;
          return;
        }
        ++sums.in_use;
        (span.object_size != 0 ? sums.small : sums.large) += span.bytes;
        sums.slots += span.slots;
        sums.out += span.slots_out;
      },
      &sums);
  const PageHeap::Counters& counters = heap.page_heap.counters();
  Same("small_span_bytes", 0, counters.small_span_bytes, sums.small);
  Same("large_bytes", 0, counters.large_bytes, sums.large);
  Same("page_heap_free", 0, counters.free_resident, sums.resident);
  Same("page_heap_released", 0, counters.free_released, sums.free - sums.resident);
  Same("spans", 0, counters.spans, sums.in_use);
  uint64_t slots = 0, out = 0;
  for (SizeClass c = 1; c < kClassCount; ++c) {
    const CentralCache::Counters central = heap.central[c].counters();
    slots += central.slots;
    out += central.slots - central.central_objects;
  }
  Same("slots", 0, slots, sums.slots);
  Same("slots out", 0, out, sums.out);
}

// The rows that tools read are the counters, and what the threads publish of themselves is near the truth.
void HeapAudit::CompareRegion() {
  if (!heap.stats.attached()) return;
  int64_t row_threads = 0;
  for (uint32_t row = 0; row < abi::kMaxThreads; ++row) row_threads += heap.stats.thread(row)->tid != 0;
  Same("THREADS rows", 0, row_threads, heap.cache_count());
  for (SizeClass c = 1; c < kClassCount; ++c) {
    const CentralCache::Counters counters = heap.central[c].counters();
    const abi::ClassRow& row = *heap.stats.size_class(c);
    Same("CLASSES.spans of class", c, row.spans, counters.spans);
    Same("CLASSES.slots of class", c, row.slots, counters.slots);
    Same("CLASSES.central_objects of class", c, row.central_objects, counters.central_objects);
    Same("CLASSES.transfer_objects of class", c, row.transfer_objects, counters.transfer_objects);
    Same("CLASSES.refills of class", c, row.refills, counters.refills);
    Same("CLASSES.flushes of class", c, row.flushes, counters.flushes);
  }
  const PageHeap::Counters& counters = heap.page_heap.counters();
  const abi::HeapRow& row = *heap.stats.global();
  Same("GLOBAL.heap_mapped", 0, row.heap_mapped, counters.heap_mapped);
  Same("GLOBAL.small_span_bytes", 0, row.small_span_bytes, counters.small_span_bytes);
  Same("GLOBAL.large_bytes", 0, row.large_bytes, counters.large_bytes);
  Same("GLOBAL.large_objects", 0, row.large_objects, counters.large_objects);
  Same("GLOBAL.page_heap_free", 0, row.page_heap_free, counters.free_resident);
  Same("GLOBAL.page_heap_released", 0, row.page_heap_released, counters.free_released);
  Same("GLOBAL.spans", 0, row.spans, counters.spans);
  Same("GLOBAL.ended_threads", 0, row.ended_threads, counters.ended_threads);
}

}  // namespace glassheap::testing
