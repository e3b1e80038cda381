// Tested by tests/tools/model/process_heap_test.cc.

#include "tools/model/process_heap.h"

#include <algorithm>
#include <initializer_list>

namespace glassheap::tools {
namespace {

// Tiers are claims: their sum may not fit.
int64_t Sum(std::initializer_list<int64_t> tiers) {
  __int128 sum = 0;
  for (const int64_t tier : tiers) sum += tier;
  return static_cast<int64_t>(std::clamp<__int128>(sum, INT64_MIN, INT64_MAX));
}

}  // namespace

uint64_t AllocatedTotal(const RegionImage& image, const Heap& heap) {
  uint64_t total = 0;
  for (const HeapThread& thread : heap.threads) total += thread.allocated_bytes_total;
  const RegionSection* global = image.Section(abi::SectionKind::kGlobal);
  const RegionCounter* ended = global->Find("ended_allocated_bytes_total");
  return total + (ended == nullptr ? 0 : image.Value(*global, 0, *ended));
}

std::optional<ProcessHeap> SummarizeHeap(const RegionImage& image) {
  const Result<Heap> heap = MakeHeap(image);
  if (!heap) return std::nullopt;
  const HeapTiers& tiers = heap->now;
  ProcessHeap summary;
  summary.live = tiers.live_bytes;
  summary.cached = Sum({tiers.thread_cache_free, tiers.transfer_cache_free, tiers.page_heap_free});
  summary.fragmented = Sum({tiers.central_free, tiers.span_tail_waste});
  summary.released = tiers.page_heap_released;
  summary.page_heap_free = tiers.page_heap_free;
  summary.mapped = tiers.mapped;
  summary.allocated_total = AllocatedTotal(image, *heap);
  summary.caches = heap->threads.size();
  return summary;
}

void AddThreadCaches(const RegionImage& image, std::vector<ProcessThread>& threads) {
  const Result<Heap> heap = MakeHeap(image);
  if (!heap) return;
  for (const HeapThread& cache : heap->threads) {
    const auto found = std::ranges::find_if(
        threads, [&](const ProcessThread& thread) { return static_cast<uint64_t>(thread.tid) == cache.tid; });
    if (found != threads.end()) found->cached = cache.thread_cache_free;
  }
}

}  // namespace glassheap::tools
