// The spans of a process' heap, read out of the process itself: the exact tier of the question which page belongs to what.
// What the words mean is said in abi/stats.def (LAYOUT) and allocator/heap/span.h.
//
// The process runs on, so that a copy is true of each span at some moment, not of all at one. Everything is a claim: what
// does not fit is left out.
//
// Invariants of a table that was read:
//   (1) spans are in ascending order and do not overlap; page_count > 0; first_page + page_count <= pages.
//   (2) A small span has fresh <= capacity, and (capacity + 63) / 64 words from bits[bits_at].
//   (3) thread_cached and transfer_cached are sorted, each address once; none is in both.

#ifndef GLASSHEAP_TOOLS_READ_SPAN_TABLE_H_
#define GLASSHEAP_TOOLS_READ_SPAN_TABLE_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "tools/read/region_image.h"

namespace glassheap::tools {

enum class SpanUse : uint8_t { kFree = 0, kSmall = 1, kLarge = 2, kMetadata = 3 };

struct SpanRecord {
  uint32_t first_page = 0;
  uint32_t page_count = 0;
  uint32_t bits_at = 0;
  uint16_t capacity = 0;
  uint16_t fresh = 0;
  uint16_t first_object = 0;
  uint8_t size_class = 0;
  SpanUse use = SpanUse::kFree;
  bool cached = false;
};

struct SpanTable {
  uint64_t heap_base = 0;
  uint64_t page_size = 0;
  uint64_t pages = 0;
  std::vector<SpanRecord> spans;
  std::vector<uint64_t> bits;             // of small spans: slots that are free and were used before
  std::vector<uint64_t> resident;         // a bit per page: it may have memory, as far as the heap knows
  std::vector<uint64_t> thread_cached;    // addresses of objects in threads' lists
  std::vector<uint64_t> transfer_cached;  // and in transfer caches

  uint64_t AddressOf(const SpanRecord& span) const { return heap_base + span.first_page * page_size; }
  uint64_t BytesOf(const SpanRecord& span) const { return span.page_count * page_size; }
  bool MayBeResident(uint64_t page) const {
    return page / 64 < resident.size() && ((resident[page / 64] >> (page % 64)) & 1) != 0;
  }
};

// Heaps beyond this are left to the published tier: the page map alone is 64 MiB to read.
inline constexpr uint64_t kMaxTablePages = uint64_t{1} << 23;  // 64 GiB
inline constexpr size_t kMaxCachedObjects = size_t{1} << 23;
inline constexpr std::chrono::milliseconds kSpanTableDeadline{2000};

// Nothing when the process may not be read, says nothing of its layout, or the deadline passed.
std::optional<SpanTable> ReadSpanTable(pid_t pid, const RegionImage& image,
                                       std::chrono::milliseconds deadline = kSpanTableDeadline);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_SPAN_TABLE_H_
