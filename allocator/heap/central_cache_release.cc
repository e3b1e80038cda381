// How a class gives the empty system pages of its spans back to the kernel.

#include <bit>

#include "allocator/base/os_memory.h"
#include "allocator/heap/central_cache.h"

namespace glassheap {
namespace {

// Less free memory than this in a class is not worth the system calls.
constexpr uint64_t kReleaseFloor = 256 * kKiB;

}  // namespace

bool CentralCache::worth_releasing() const {
  const uint64_t free_slots = LoadRacy(&counters_.central_objects);
  return SpanLength(class_).bytes() <= 32 * kSystemPageSize && free_slots * ClassSize(class_) > kReleaseFloor &&
         free_slots * 4 > LoadRacy(&counters_.slots);
}

size_t CentralCache::ReleaseEmptyPages(bool all) {
  LockHolder hold(lock_);
  const bool mostly_free = all || counters_.central_objects * 2 > counters_.slots;
  size_t released = 0;
  uint32_t left = kMaxSpansPerRelease;
  for (uint32_t b = 0; b < kBuckets && left > 0; ++b) {
    for (Span* span = buckets_[b].front(); span != nullptr && left > 0; span = span->next) {
      if (span->fresh > span->allocated && (!span->touched || mostly_free)) {
        released += ReleaseEmptyPagesOf(span);
        --left;
      }
      span->touched = false;
    }
  }
  return released;
}

// True if the slots first to last are free, each having been used before.
bool CentralCache::AllFree(const Span* span, uint32_t first, uint32_t last) const {
  if (last >= span->fresh) last = span->fresh - 1u;
  for (uint32_t slot = first; slot <= last;) {
    const uint64_t word = span->free_bits[slot / 64] >> (slot % 64);
    const uint32_t in_word = 64 - slot % 64;
    const uint32_t want = last - slot + 1 < in_word ? last - slot + 1 : in_word;
    if (static_cast<uint32_t>(std::countr_one(word)) < want) return false;
    slot += want;
  }
  return true;
}

size_t CentralCache::ReleaseEmptyPagesOf(Span* span) {
  char* const start = pages_->AddressOf(span);
  const uint32_t system_pages = static_cast<uint32_t>(span->length().bytes() / kSystemPageSize);
  size_t released = 0;
  uint32_t run = 0;  // empty pages up to here, not given back yet
  for (uint32_t page = 0; page <= system_pages; ++page) {
    bool empty = false;
    if (page < system_pages && !((span->empty_pages >> page) & 1)) {
      const size_t begin = size_t{page} * kSystemPageSize;
      const size_t first_byte = begin > span->first_object ? begin - span->first_object : 0;
      const uint32_t first = static_cast<uint32_t>(DivideByClassSize(first_byte, class_));
      const size_t last_byte = begin + kSystemPageSize - 1 - span->first_object;
      const uint32_t last = static_cast<uint32_t>(DivideByClassSize(last_byte, class_));
      empty = first < span->fresh && AllFree(span, first, last);
    }
    if (empty) {
      ++run;
      continue;
    }
    if (run > 0 && os::Discard(start + (page - run) * kSystemPageSize, run * kSystemPageSize)) {
      released += run * kSystemPageSize;
      span->empty_pages |= static_cast<uint32_t>(((uint64_t{1} << run) - 1) << (page - run));
    }
    run = 0;
  }
  return released;
}

// Slots between these addresses have been handed out: their pages have memory again.
void CentralCache::NoteRefilled(Span* span, const void* first, const void* last) {
  const char* const start = pages_->AddressOf(span);
  const size_t from = static_cast<size_t>(static_cast<const char*>(first) - start) / kSystemPageSize;
  const size_t to =
      (static_cast<size_t>(static_cast<const char*>(last) - start) + ClassSize(class_) - 1) / kSystemPageSize;
  const uint64_t above = to >= 31 ? ~uint64_t{0} : (uint64_t{1} << (to + 1)) - 1;
  span->empty_pages &= ~static_cast<uint32_t>(above & ~((uint64_t{1} << from) - 1));
}

}  // namespace glassheap
