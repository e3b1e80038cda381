// How much of an address range is there: answers from the runs of a page scan. Pure.

#ifndef GLASSHEAP_TOOLS_MODEL_PAGE_INDEX_H_
#define GLASSHEAP_TOOLS_MODEL_PAGE_INDEX_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "tools/read/page_scan.h"

namespace glassheap::tools {

// Bytes of address space, and how many of them are in RAM, swapped out, and in RAM by huge pages.
struct PageAmounts {
  int64_t bytes = 0;
  int64_t present = 0;
  int64_t swapped = 0;
  int64_t huge = 0;

  int64_t untouched() const { return bytes - present - swapped; }
  PageAmounts& operator+=(const PageAmounts& other) {
    bytes += other.bytes;
    present += other.present;
    swapped += other.swapped;
    huge += other.huge;
    return *this;
  }
  PageAmounts& operator-=(const PageAmounts& other) {
    bytes -= other.bytes;
    present -= other.present;
    swapped -= other.swapped;
    huge -= other.huge;
    return *this;
  }
};

class PageIndex {
 public:
  // REQUIRES: scan.runs are ascending and disjoint.
  explicit PageIndex(PageScan scan) : scan_(std::move(scan)) {}

  bool complete() const { return scan_.complete; }

  // Calls visit(start, end, flags) for each part of a run within [from, to), ascending.
  template <typename Visit>
  void ForEach(uint64_t from, uint64_t to, Visit visit) const {
    for (auto run = FirstAfter(from); run != scan_.runs.end() && run->start < to; ++run) {
      visit(std::max(run->start, from), std::min(run->end, to), run->flags);
    }
  }

  PageAmounts In(uint64_t from, uint64_t to) const {
    PageAmounts amounts;
    if (to <= from) return amounts;
    amounts.bytes = static_cast<int64_t>(to - from);
    ForEach(from, to, [&](uint64_t start, uint64_t end, uint8_t flags) {
      AddRun(amounts, static_cast<int64_t>(end - start), flags);
    });
    return amounts;
  }

  static void AddRun(PageAmounts& amounts, int64_t bytes, uint8_t flags) {
    if (flags & kPageSwapped) {
      amounts.swapped += bytes;
    } else if (flags & kPagePresent) {
      amounts.present += bytes;
      if (flags & kPageHuge) amounts.huge += bytes;
    }
  }

 private:
  // The first run that ends behind an address.
  std::vector<PageRun>::const_iterator FirstAfter(uint64_t address) const {
    return std::upper_bound(scan_.runs.begin(), scan_.runs.end(), address,
                            [](uint64_t at, const PageRun& run) { return at < run.end; });
  }

  PageScan scan_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_PAGE_INDEX_H_
