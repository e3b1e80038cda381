#include "allocator/heap/page_map.h"

#include <bit>

#include "allocator/base/check.h"

namespace glassheap {
namespace {

// Offsets in the window. The areas are sized for kMaxPages; a guard of a GiB lies between the arrays and the heap.
constexpr uintptr_t kEntriesOffset = 0;
constexpr uintptr_t kSpansOffset = kGiB;
constexpr uintptr_t kResidentOffset = 2 * kGiB;
constexpr uintptr_t kMetadataOffset = 2 * kGiB + 64 * kMiB;
constexpr uintptr_t kMetadataEnd = 3 * kGiB;
constexpr uintptr_t kHeapOffset = 4 * kGiB;
static_assert(PageMap::kMaxPages * sizeof(uint32_t) <= kSpansOffset - kEntriesOffset);
static_assert(PageMap::kMaxPages * sizeof(Span*) <= kResidentOffset - kSpansOffset);
static_assert(PageMap::kMaxPages / 8 <= kMetadataOffset - kResidentOffset);

// The arrays grow by this many pages (256 MiB of heap) at a time: 388 KiB of address space.
constexpr size_t kCoverStep = 32768;

// Pages below this are never used. Otherwise the first object of the heap and the entry of its page would share the low 12
// bits of their addresses, and a load in free() of the one would wait for stores to the other: 10 ns a pair.
constexpr size_t kFirstPage = 272;

}  // namespace

bool PageMap::Init(os::Seed seed) {
  if (entries_ != nullptr) return true;
  uint64_t random = seed.words[0];
  for (const WindowPlace& place : kWindowPlaces) {
    for (int i = 0; i < place.tries; ++i) {
      const uint64_t steps = place.gibs * (kGiB / kWindowStep);
      if (TryWindow(place.first_gib * kGiB + random % steps * kWindowStep)) return true;
      random = random * 6364136223846793005u + 1442695040888963407u;
    }
  }
  return false;
}

bool PageMap::TryWindow(uintptr_t start) {
  base_page_ = (start + kHeapOffset) >> kPageShift;
  entries_ = reinterpret_cast<uint32_t*>(start + kEntriesOffset);
  spans_ = reinterpret_cast<Span**>(start + kSpansOffset);
  resident_ = reinterpret_cast<uint64_t*>(start + kResidentOffset);
  if (Cover(kCoverStep)) {
    SetLimit(kFirstPage);
    return true;
  }
  // What Cover() did map of this window is of no use: give it back.
  if (mapped_bytes_ > 0) os::Unmap(entries_, kCoverStep * sizeof(uint32_t));
  if (mapped_bytes_ > kCoverStep * sizeof(uint32_t)) os::Unmap(spans_, kCoverStep * sizeof(Span*));
  mapped_bytes_ = 0;
  entries_ = nullptr;
  return false;
}

bool PageMap::Cover(size_t pages) {
  while (covered_ < pages) {
    if (covered_ + kCoverStep > kMaxPages) return false;
    struct Area {
      void* address;
      size_t size;
    };
    const Area areas[] = {
        {entries_ + covered_, kCoverStep * sizeof(uint32_t)},
        {spans_ + covered_, kCoverStep * sizeof(Span*)},
        {resident_ + covered_ / 64, kCoverStep / 8},
    };
    size_t done = 0;
    for (const Area& area : areas) {
      if (os::MapAt(area.address, area.size) != os::Outcome::kDone) {
        if (covered_ == 0) return false;  // TryWindow cleans up
        for (size_t i = 0; i < done; ++i) {
          os::Unmap(areas[i].address, areas[i].size);
          mapped_bytes_ -= areas[i].size;
        }
        return false;
      }
      mapped_bytes_ += area.size;
      ++done;
    }
    covered_ += kCoverStep;
  }
  return true;
}

PageMap::Area PageMap::metadata_area() const {
  char* const window = reinterpret_cast<char*>(window_base());
  return {window + kMetadataOffset, window + kMetadataEnd};
}

Span* PageMap::FindSpan(uintptr_t address) const {
  if (!Contains(address)) return nullptr;
  const PageId page = PageOf(address);
  Span* span = At(page);
  // A large span is registered at its ends only; an address in its middle is nobody's.
  if (span == nullptr || span->state == SpanState::kFree || span->state == SpanState::kMetadata) return nullptr;
  if (page < span->first() || page >= span->end()) return nullptr;
  return span;
}

Span* PageMap::FindSpanAround(uintptr_t address) const {
  if (Span* span = FindSpan(address)) return span;
  if (!Contains(address)) return nullptr;
  const size_t page = PageOf(address).index();
  for (size_t first = page + 1; first-- > 0;) {
    Span* span = At(PageId(first));
    if (span == nullptr || span->first_page != first || span->page_count == 0) continue;
    const bool in_use = span->state == SpanState::kSmall || span->state == SpanState::kLarge;
    return in_use && page < span->end().index() ? span : nullptr;
  }
  return nullptr;
}

void PageMap::SetSmall(Span* span) {
  for (uint32_t i = 0; i < span->page_count; ++i) {
    // The ends are there already, and the page heap may be looking at them.
    Span*& registered = spans_[span->first_page + i];
    if (registered != span) registered = span;
  }
}

void PageMap::OpenPages(const Span* span, size_t first, size_t end, uint16_t list_offset) {
  for (size_t i = first; i < end; ++i) entries_[span->first_page + i] = static_cast<uint32_t>(i << 16) | list_offset;
}

void PageMap::ClearSmall(const Span* span) {
  for (uint32_t i = 0; i < span->page_count; ++i) entries_[span->first_page + i] = 0;
}

namespace {

// Calls visit(word index, mask) for the bits [first, first + count).
template <typename Visit>
void ForEachWord(size_t first, size_t count, Visit visit) {
  while (count > 0) {
    const size_t bit = first % 64;
    const size_t take = count < 64 - bit ? count : 64 - bit;
    const uint64_t mask = (take == 64 ? ~uint64_t{0} : (uint64_t{1} << take) - 1) << bit;
    visit(first / 64, mask);
    first += take;
    count -= take;
  }
}

}  // namespace

void PageMap::SetResident(PageId first, Length n) {
  ForEachWord(first.index(), n.pages(), [this](size_t word, uint64_t mask) { resident_[word] |= mask; });
}

void PageMap::ClearResident(PageId first, Length n) {
  ForEachWord(first.index(), n.pages(), [this](size_t word, uint64_t mask) { resident_[word] &= ~mask; });
}

size_t PageMap::CountResident(PageId first, Length n) const {
  size_t count = 0;
  ForEachWord(first.index(), n.pages(), [this, &count](size_t word, uint64_t mask) {
    count += static_cast<size_t>(std::popcount(resident_[word] & mask));
  });
  return count;
}

}  // namespace glassheap
