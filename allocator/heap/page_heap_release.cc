// How the page heap gives the memory of free spans back to the kernel.

#include <bit>

#include "allocator/base/os_memory.h"
#include "allocator/heap/page_heap.h"

namespace glassheap {

Span* PageHeap::LongestWithMemory() {
  if (Span* span = with_memory_.longer.Longest()) return span;
  for (size_t word = kMaxListed / 64 + 1; word-- > 0;) {
    if (const uint64_t bits = with_memory_.nonempty[word]) {
      return with_memory_.lists[word * 64 + 63 - static_cast<size_t>(std::countl_zero(bits))].front();
    }
  }
  return nullptr;
}

// Gives a free span's memory back, run by run of resident pages. Returns the bytes that went.
size_t PageHeap::ReleaseSpan(Span* span) {
  RemoveFree(span);
  size_t released = 0;
  PageId page = span->first();
  while (page < span->end()) {
    if (!pages_->IsResident(page)) {
      page = page + Length(1);
      continue;
    }
    PageId run_end = page;
    while (run_end < span->end() && pages_->IsResident(run_end)) run_end = run_end + Length(1);
    const Length run = run_end - page;
    if (!os::Discard(pages_->AddressOf(page), run.bytes())) break;  // locked memory, for one
    pages_->ClearResident(page, run);
    span->resident_pages -= static_cast<uint32_t>(run.pages());
    released += run.bytes();
    page = run_end;
  }
  AddFree(span);
  return released;
}

size_t PageHeap::Release(size_t bytes) {
  size_t released = 0;
  while (released < bytes) {
    Span* span = LongestWithMemory();
    if (span == nullptr) break;
    const size_t step = ReleaseSpan(span);
    if (step == 0) break;
    released += step;
  }
  if (released > 0) {
    ++counters_.releases;
    counters_.released_bytes_total += released;
  }
  return released;
}

void PageHeap::Tick(uint64_t now) {
  uint64_t unused = 0;
  if (last_tick_ != 0 && now >= last_tick_ + kEpoch) {
    // Nobody came for a whole epoch: what was free then was not needed, but for what this call took.
    unused = free_at_last_tick_ < counters_.free_resident ? free_at_last_tick_ : counters_.free_resident;
  } else if (now >= epoch_end_) {
    unused = epoch_low_;
  }
  if (now >= epoch_end_) {
    if (unused > 0) Release(unused);
    epoch_end_ = now + kEpoch;
    epoch_low_ = counters_.free_resident;
  }
  last_tick_ = now;
  free_at_last_tick_ = counters_.free_resident;
  NoteHistory(now);
  const bool pending = counters_.free_resident > kPendingFloor + bytes_in_use() / 10;
  if (pending != decay_pending_) __atomic_store_n(&decay_pending_, pending, __ATOMIC_RELAXED);
}

}  // namespace glassheap
