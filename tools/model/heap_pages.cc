// Tested by tests/tools/model/heap_pages_test.cc.

#include "tools/model/heap_pages.h"

#include <algorithm>
#include <bit>

namespace glassheap::tools {

HeapAmounts& HeapAmounts::operator+=(const HeapAmounts& other) {
  live += other.live;
  thread_cache += other.thread_cache;
  transfer_cache += other.transfer_cache;
  central += other.central;
  tail += other.tail;
  free += other.free;
  released += other.released;
  metadata += other.metadata;
  return *this;
}

uint64_t HeapPages::ObjectSize(const SpanRecord& span) const {
  if (span.use != SpanUse::kSmall || span.size_class >= class_sizes_.size()) return 0;
  const uint64_t size = class_sizes_[span.size_class];
  return span.first_object + span.capacity * size <= table_.BytesOf(span) ? size : 0;
}

bool HeapPages::IsFree(const SpanRecord& span, uint64_t slot) const {
  if (slot >= span.fresh) return true;
  return (table_.bits[span.bits_at + slot / 64] >> (slot % 64) & 1) != 0;
}

// Free slots from first to before last.
uint64_t HeapPages::CountFree(const SpanRecord& span, uint64_t first, uint64_t last) const {
  const uint64_t used = std::clamp<uint64_t>(span.fresh, first, last);
  uint64_t free = last - used;
  for (uint64_t slot = first; slot < used;) {
    const uint64_t count = std::min(64 - slot % 64, used - slot);
    const uint64_t mask = count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
    free += static_cast<uint64_t>(std::popcount(table_.bits[span.bits_at + slot / 64] >> (slot % 64) & mask));
    slot += count;
  }
  return free;
}

uint64_t HeapPages::FreeSlots(const SpanRecord& span) const { return CountFree(span, 0, span.capacity); }

// Bytes of free slots between two offsets from slot 0. REQUIRES: from < to <= capacity * size.
uint64_t HeapPages::FreeBytes(const SpanRecord& span, uint64_t size, uint64_t from, uint64_t to) const {
  const uint64_t first = from / size;
  const uint64_t last = (to - 1) / size;  // both included
  if (first == last) return IsFree(span, first) ? to - from : 0;
  uint64_t bytes = CountFree(span, first + 1, last) * size;
  if (IsFree(span, first)) bytes += (first + 1) * size - from;
  if (IsFree(span, last)) bytes += to - last * size;
  return bytes;
}

// Objects that are in one of the lists and out of their span. One whose slot is free again was on its way.
PageAmounts HeapPages::Cached(const std::vector<uint64_t>& addresses, const SpanRecord& span, uint64_t size,
                              uint64_t from, uint64_t to) const {
  const uint64_t slot_0 = table_.AddressOf(span) + span.first_object;
  PageAmounts amounts;
  const uint64_t begin = from > size ? from - size + 1 : 0;
  for (auto at = std::ranges::lower_bound(addresses, begin); at != addresses.end() && *at < to; ++at) {
    if (*at < slot_0 || (*at - slot_0) % size != 0) continue;
    const uint64_t slot = (*at - slot_0) / size;
    if (slot >= span.capacity || IsFree(span, slot)) continue;
    amounts += pages_.In(std::max(*at, from), std::min(*at + size, to));
  }
  return amounts;
}

HeapAmounts HeapPages::InSmall(const SpanRecord& span, uint64_t size, uint64_t from, uint64_t to) const {
  const uint64_t slot_0 = table_.AddressOf(span) + span.first_object;
  const uint64_t slots_end = slot_0 + span.capacity * size;
  HeapAmounts amounts;
  amounts.tail = pages_.In(from, std::min(to, slot_0));
  amounts.tail += pages_.In(std::max(from, slots_end), to);
  from = std::max(from, slot_0);
  to = std::min(to, slots_end);
  if (from >= to) return amounts;
  amounts.central.bytes = static_cast<int64_t>(FreeBytes(span, size, from - slot_0, to - slot_0));
  pages_.ForEach(from, to, [&](uint64_t start, uint64_t end, uint8_t flags) {
    PageIndex::AddRun(amounts.central, static_cast<int64_t>(FreeBytes(span, size, start - slot_0, end - slot_0)),
                      flags);
  });
  amounts.thread_cache = Cached(table_.thread_cached, span, size, from, to);
  amounts.transfer_cache = Cached(table_.transfer_cached, span, size, from, to);
  amounts.live = pages_.In(from, to);
  amounts.live -= amounts.central;
  amounts.live -= amounts.thread_cache;
  amounts.live -= amounts.transfer_cache;
  return amounts;
}

HeapAmounts HeapPages::InFree(uint64_t from, uint64_t to) const {
  HeapAmounts amounts;
  const uint64_t page_size = table_.page_size;
  for (uint64_t at = from; at < to;) {
    const uint64_t page = (at - table_.heap_base) / page_size;
    const bool resident = table_.MayBeResident(page);
    uint64_t end = page + 1;
    while (table_.heap_base + end * page_size < to && table_.MayBeResident(end) == resident) ++end;
    const uint64_t stop = std::min(to, table_.heap_base + end * page_size);
    (resident ? amounts.free : amounts.released) += pages_.In(at, stop);
    at = stop;
  }
  return amounts;
}

HeapAmounts HeapPages::In(const SpanRecord& span, uint64_t from, uint64_t to) const {
  from = std::max(from, table_.AddressOf(span));
  to = std::min(to, table_.AddressOf(span) + table_.BytesOf(span));
  HeapAmounts amounts;
  if (from >= to) return amounts;
  if (span.use == SpanUse::kFree) return InFree(from, to);
  if (const uint64_t size = ObjectSize(span)) return InSmall(span, size, from, to);
  if (span.use == SpanUse::kMetadata) {
    amounts.metadata = pages_.In(from, to);
  } else {
    (span.cached ? amounts.thread_cache : amounts.live) = pages_.In(from, to);
  }
  return amounts;
}

HeapAmounts HeapPages::Of(const SpanRecord& span) const { return In(span, 0, UINT64_MAX); }

HeapAmounts HeapPages::Total() const {
  HeapAmounts total;
  for (const SpanRecord& span : table_.spans) total += Of(span);
  return total;
}

}  // namespace glassheap::tools
