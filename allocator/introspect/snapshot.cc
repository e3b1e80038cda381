#include "allocator/introspect/snapshot.h"

#include "allocator/base/check.h"

namespace glassheap {
namespace {

// Adds one class's spans: what is out goes to live until the thread caches are known.
void AddClass(CentralCache& central, SizeClass c, HeapSnapshot* s) {
  const CentralCache::Counters counters = central.counters();
  const uint64_t size = ClassSize(c);
  const uint64_t out = counters.slots - counters.central_objects - counters.transfer_objects;
  s->live_objects += out;
  s->live_bytes += out * size;
  s->transfer_cache_free += counters.transfer_objects * size;
  s->central_free += counters.central_objects * size;
  s->span_tail_waste += counters.spans * SpanLength(c).bytes() - counters.slots * size;
}

void AddCache(const ThreadCache& cache, HeapSnapshot* s) {
  for (SizeClass c = 1; c < kClassCount; ++c) {
    const uint64_t objects = cache.Peek(c).length();
    s->live_objects -= objects;
    s->live_bytes -= objects * ClassSize(c);
    s->thread_cache_free += objects * ClassSize(c);
  }
  s->live_objects -= cache.large_cached_objects();
  s->live_bytes -= cache.large_cached_bytes();
  s->thread_cache_free += cache.large_cached_bytes();
}

uint64_t Sum(const HeapSnapshot& s) {
  uint64_t sum = s.live_bytes;
  for (const TierRow& tier : kTiersButLive) sum += s.*tier.bytes;
  return sum;
}

}  // namespace

HeapSnapshot MakeSnapshot(Heap& heap, uint64_t own_allocated) {
  HeapSnapshot s = {};
  for (SizeClass c = 1; c < kClassCount; ++c) AddClass(heap.central[c], c, &s);
  LockHolder hold(heap.page_heap.lock());
  s.allocated_bytes_total = own_allocated + heap.page_heap.counters().ended_allocated_bytes;
  for (const ThreadCache* cache = heap.first_cache(); cache != nullptr; cache = cache->next) {
    AddCache(*cache, &s);
    s.allocated_bytes_total += cache->published_allocated();
    ++s.threads;
  }
  const PageHeap::Counters& pages = heap.page_heap.counters();
  s.live_bytes += pages.large_bytes;
  s.live_objects += pages.large_objects;
  s.page_heap_free = pages.free_resident;
  s.page_heap_released = pages.free_released;
  s.metadata = heap.page_heap.metadata_in_use();
  s.region_slack = heap.arena.slack();
  s.mapped = pages.heap_mapped + heap.page_heap.metadata_mapped();
  s.residual = static_cast<int64_t>(s.mapped - Sum(s));
  return s;
}

void CheckWholeHeap(Heap& heap, bool quiet) {
  heap.LockAll();
  uint64_t spans = 0, free_slots = 0;
  heap.page_heap.ForEachSpan([&](const Span* span) {
    if (span->state != SpanState::kSmall) return;
    ++spans;
    free_slots += CentralCache::CheckSpan(span, heap.pages);
  });
  uint64_t counted_spans = 0, counted_free = 0;
  for (SizeClass c = 1; c < kClassCount; ++c) {
    heap.central[c].CheckInvariants();
    counted_spans += heap.central[c].counters_locked().spans;
    counted_free += heap.central[c].counters_locked().central_objects;
  }
  GH_CHECK(spans == counted_spans);
  GH_CHECK(free_slots == counted_free);
  heap.page_heap.CheckInvariants();
  if (quiet) {
    for (const ThreadCache* cache = heap.first_cache(); cache != nullptr; cache = cache->next) cache->CheckInvariants();
  }
  heap.UnlockAll();
  if (quiet) GH_CHECK(MakeSnapshot(heap, 0).residual == 0);
}

}  // namespace glassheap
