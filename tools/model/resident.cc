// Tested by tests/tools/model/resident_test.cc.

#include "tools/model/resident.h"

#include <algorithm>

namespace glassheap::tools {
namespace {

using Wide = __int128;

int64_t Narrow(Wide value) { return static_cast<int64_t>(std::clamp<Wide>(value, INT64_MIN, INT64_MAX)); }

int64_t Scale(int64_t value, int64_t part, int64_t whole) {
  return whole <= 0 ? 0 : Narrow(Wide{value} * part / whole);
}

// Where a mapping that is not the heap's counts. Huge pages of hugetlbfs are not in RSS (proc_pid_smaps(5)).
PageAmounts* BucketOf(ResidentAmounts& now, const Mapping& mapping, SpaceKind kind) {
  if (mapping.path.starts_with("/anon_hugepage") || mapping.path.starts_with("/dev/hugepages/")) return nullptr;
  switch (kind) {
    case SpaceKind::kGlassheap:
      return nullptr;
    case SpaceKind::kGlassheapStats:
      return &now.introspection;
    case SpaceKind::kThreadStack:
    case SpaceKind::kStack:
      return &now.stacks;
    case SpaceKind::kShared:
      return &now.shared_memory;
    case SpaceKind::kBrkHeap:
    case SpaceKind::kGlibcArena:
    case SpaceKind::kAnonymous:
      return &now.other_anonymous;
    case SpaceKind::kText:
    case SpaceKind::kConstants:
    case SpaceKind::kData:
    case SpaceKind::kBss:
    case SpaceKind::kLibrary:
    case SpaceKind::kFile:
    case SpaceKind::kKernel:
      return &now.files;
  }
  return nullptr;
}

AddressRange Overlap(const AddressRange& a, const AddressRange& b) {
  const uint64_t start = std::max(a.start, b.start);
  return {start, std::max(start, std::min(a.end, b.end))};
}

// As far as the heap has grown into its window. Programs that choose addresses for themselves (V8 does, at random) may have
// mappings of theirs above that.
AddressRange GrownHeap(const ResidentInput& input) {
  const AddressRange heap = input.window.heap();
  if (input.spans == nullptr) return heap;
  const SpanTable& table = input.spans->table();
  return Overlap(heap, {table.heap_base, table.heap_base + table.pages * table.page_size});
}

// Adds up what lies outside of the heap; returns what lies in it.
PageAmounts AddMappings(const ResidentInput& input, ResidentAmounts& now) {
  PageAmounts heap;
  const AddressRange grown = GrownHeap(input);
  for (size_t i = 0; i < input.mappings.size(); ++i) {
    const Mapping& mapping = input.mappings[i];
    const AddressRange range = {mapping.start, mapping.end};
    if (input.kinds[i] == SpaceKind::kGlassheap) {
      const AddressRange metadata = Overlap(range, input.window.metadata());
      const AddressRange in_heap = Overlap(range, grown);
      const AddressRange above = Overlap(range, {grown.end, input.window.heap_end});
      now.metadata += input.pages.In(metadata.start, metadata.end);
      heap += input.pages.In(in_heap.start, in_heap.end);
      now.other_anonymous += input.pages.In(above.start, above.end);
    } else if (PageAmounts* bucket = BucketOf(now, mapping, input.kinds[i])) {
      *bucket += input.pages.In(range.start, range.end);
    }
  }
  return heap;
}

void AddSpans(const HeapPages& spans, ResidentAmounts& now) {
  const HeapAmounts total = spans.Total();
  now.live_touched = total.live;
  now.thread_cache_free = total.thread_cache;
  now.transfer_cache_free = total.transfer_cache;
  now.central_free = total.central;
  now.span_tail_waste = total.tail;
  now.page_heap_free = total.free;
  now.page_heap_released = total.released;
  now.metadata += total.metadata;
}

// A tier that may be resident, as the heap publishes it, and the most it may be.
struct Share {
  PageAmounts ResidentAmounts::*bucket;
  int64_t bytes;
  int64_t most;
};

std::vector<Share> SharesOf(const Heap& heap) {
  const HeapTiers& tiers = heap.now;
  const int64_t most_cached = Narrow(Wide{tiers.thread_cache_free} + tiers.live_bytes - heap.live.low);
  std::vector<Share> shares = {
      {&ResidentAmounts::live_touched, tiers.live_bytes, heap.live.high},
      {&ResidentAmounts::thread_cache_free, tiers.thread_cache_free, most_cached},
      {&ResidentAmounts::transfer_cache_free, tiers.transfer_cache_free, tiers.transfer_cache_free},
      {&ResidentAmounts::central_free, tiers.central_free, tiers.central_free},
      {&ResidentAmounts::span_tail_waste, tiers.span_tail_waste, tiers.span_tail_waste},
      {&ResidentAmounts::page_heap_free, tiers.page_heap_free, tiers.page_heap_free},
  };
  for (Share& share : shares) {
    share.bytes = std::max<int64_t>(share.bytes, 0);
    share.most = std::max(share.most, share.bytes);
  }
  return shares;
}

Wide SumOf(const std::vector<Share>& shares, int64_t Share::*field) {
  Wide sum = 0;
  for (const Share& share : shares) sum += share.*field;
  return sum;
}

// Shares out what is present in the heap, each tier in proportion to its bytes; more than they all have is memory that was
// released and is still there. What division leaves goes to what is live.
void ShareOut(const PageAmounts& heap, const std::vector<Share>& shares, ResidentAmounts& now) {
  const int64_t all = Narrow(SumOf(shares, &Share::bytes));
  const int64_t present = std::min(heap.present, all);
  const int64_t swapped = std::min(heap.swapped, all - present);
  const int64_t huge = std::min(heap.huge, present);
  PageAmounts left = {0, present, swapped, huge};
  for (const Share& share : shares) {
    PageAmounts& bucket = now.*share.bucket;
    bucket = {share.bytes, Scale(share.bytes, present, all), Scale(share.bytes, swapped, all),
              Scale(share.bytes, huge, all)};
    left -= {0, bucket.present, bucket.swapped, bucket.huge};
  }
  now.live_touched += left;
  now.page_heap_released = {0, heap.present - present, heap.swapped - swapped, heap.huge - huge};
}

// Between what and what of a tier is present: the others may have all of theirs in RAM first, or last.
std::vector<HeapInterval> BoundsOf(const PageAmounts& heap, const std::vector<Share>& shares, const Heap& tiers,
                                   const ResidentAmounts& now) {
  const Wide released = std::max<int64_t>(tiers.now.page_heap_released, 0);
  const Wide all = SumOf(shares, &Share::most) + released;
  std::vector<HeapInterval> bounds;
  for (const ResidentBucket& bucket : kResidentBuckets) {
    const int64_t present = (now.*bucket.amounts).present;
    const auto share = std::ranges::find(shares, bucket.amounts, &Share::bucket);
    Wide most = share != shares.end() ? Wide{share->most} : released;
    if (!bucket.of_heap || bucket.amounts == &ResidentAmounts::internal_frag_est) {
      bounds.push_back({present, present});
      continue;
    }
    most = std::min<Wide>(most, heap.present);
    const Wide others = all - (share != shares.end() ? Wide{share->most} : released);
    bounds.push_back({Narrow(std::min<Wide>(std::max<Wide>(heap.present - others, 0), present)),
                      Narrow(std::max<Wide>(most, present))});
  }
  return bounds;
}

struct Waste {
  Wide estimate = 0;
  Wide most = 0;
};

Waste InternalWaste(const Heap& heap) {
  Waste waste;
  uint64_t below = 0;
  for (const HeapClass& one : heap.classes) {
    const Wide gap = one.size > below ? Wide{one.size - below} : 1;
    const Wide live = std::max<int64_t>(one.live_objects, 0);
    waste.estimate += live * std::max<Wide>(gap - 8, 0) / 2;
    waste.most += live * (gap - 1);
    below = one.size;
  }
  waste.estimate += Wide{heap.large_objects} * heap.page_size / 2;
  waste.most += Wide{heap.large_objects} * (heap.page_size > 0 ? heap.page_size - 1 : 0);
  return waste;
}

// Takes the estimate out of what is live: the part of it that is touched, as the rest of what is live is.
void SplitInternal(const Heap& heap, Resident& resident) {
  const Waste waste = InternalWaste(heap);
  PageAmounts& live = resident.now.live_touched;
  const int64_t bytes = std::clamp<int64_t>(Narrow(waste.estimate), 0, std::max<int64_t>(live.bytes, 0));
  const PageAmounts internal = {bytes, Scale(live.present, bytes, live.bytes), Scale(live.swapped, bytes, live.bytes),
                                Scale(live.huge, bytes, live.bytes)};
  resident.now.internal_frag_est = internal;
  live -= internal;
  resident.internal_frag_max = Narrow(waste.most);
}

}  // namespace

int64_t Attributed(const Resident& resident) {
  int64_t sum = 0;
  for (const ResidentBucket& bucket : kResidentBuckets) sum += (resident.now.*bucket.amounts).present;
  return sum;
}

Resident MakeResident(const ResidentInput& input) {
  Resident resident;
  resident.source = input.spans != nullptr ? TierSource::kExact : TierSource::kPublished;
  resident.complete = input.pages.complete();
  const PageAmounts heap = AddMappings(input, resident.now);
  if (input.spans != nullptr) {
    AddSpans(*input.spans, resident.now);
  } else {
    ShareOut(heap, SharesOf(input.heap), resident.now);
  }
  resident.live_untouched = resident.now.live_touched.untouched();
  SplitInternal(input.heap, resident);
  if (input.spans == nullptr) resident.bounds = BoundsOf(heap, SharesOf(input.heap), input.heap, resident.now);
  for (const ResidentBucket& bucket : kResidentBuckets) {
    resident.swapped += (resident.now.*bucket.amounts).swapped;
    resident.huge += (resident.now.*bucket.amounts).huge;
  }
  resident.rss = input.rss;
  resident.moved = input.rss - input.rss_before;
  resident.unattributed = input.rss - Attributed(resident);
  return resident;
}

}  // namespace glassheap::tools
