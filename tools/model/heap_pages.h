// The tiers of a heap, by the pages behind them: spans (exact tier) joined with the pages that are there. Pure.
//
// A page that holds objects of several tiers counts for each with the bytes it has of it, so the tiers add up to what is
// there. An object that is cached or free and one that is live differ by the heap's own bits and lists only.

#ifndef GLASSHEAP_TOOLS_MODEL_HEAP_PAGES_H_
#define GLASSHEAP_TOOLS_MODEL_HEAP_PAGES_H_

#include <cstdint>
#include <vector>

#include "tools/model/page_index.h"
#include "tools/read/span_table.h"

namespace glassheap::tools {

struct HeapAmounts {
  PageAmounts live;
  PageAmounts thread_cache;
  PageAmounts transfer_cache;
  PageAmounts central;   // free slots of spans in use
  PageAmounts tail;      // of spans, no slot
  PageAmounts free;      // free spans, kept for reuse
  PageAmounts released;  // free spans that the heap takes for given back, or never used
  PageAmounts metadata;

  HeapAmounts& operator+=(const HeapAmounts& other);
};

class HeapPages {
 public:
  // class_sizes: bytes of an object, by class; 0 where there is no such class. All three must outlive this.
  HeapPages(const SpanTable& table, const PageIndex& pages, const std::vector<uint64_t>& class_sizes)
      : table_(table), pages_(pages), class_sizes_(class_sizes) {}

  const SpanTable& table() const { return table_; }

  // What is in one span's part of [from, to).
  HeapAmounts In(const SpanRecord& span, uint64_t from, uint64_t to) const;
  HeapAmounts Of(const SpanRecord& span) const;
  // All spans.
  HeapAmounts Total() const;

  // A small span's object size; 0 for a span that makes no sense: its bytes then count as live.
  uint64_t ObjectSize(const SpanRecord& span) const;
  // Free slots of a small span.
  uint64_t FreeSlots(const SpanRecord& span) const;

 private:
  HeapAmounts InSmall(const SpanRecord& span, uint64_t size, uint64_t from, uint64_t to) const;
  HeapAmounts InFree(uint64_t from, uint64_t to) const;
  PageAmounts Cached(const std::vector<uint64_t>& addresses, const SpanRecord& span, uint64_t size, uint64_t from,
                     uint64_t to) const;
  bool IsFree(const SpanRecord& span, uint64_t slot) const;
  uint64_t CountFree(const SpanRecord& span, uint64_t first, uint64_t last) const;
  uint64_t FreeBytes(const SpanRecord& span, uint64_t size, uint64_t from, uint64_t to) const;

  const SpanTable& table_;
  const PageIndex& pages_;
  const std::vector<uint64_t>& class_sizes_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_HEAP_PAGES_H_
