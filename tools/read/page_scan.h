// Which pages of a process are there: present in RAM, swapped out, part of a huge page.
//
// PAGEMAP_SCAN where the kernel has it (Linux 6.7), which walks the page tables only and leaves the zero page out; else
// /proc/PID/pagemap, 8 bytes a page. Needs no frame numbers, so no privilege beyond PTRACE_MODE_READ, and nothing of the
// process, which runs on.
//
// Bounds: kMaxRuns runs (a heap of 32 GiB of which every other page is gone), and kMaxReadPages pages by reading; what
// is beyond is left out and `complete` is false.

#ifndef GLASSHEAP_TOOLS_READ_PAGE_SCAN_H_
#define GLASSHEAP_TOOLS_READ_PAGE_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

enum PageFlag : uint8_t {
  kPagePresent = 1,
  kPageSwapped = 2,
  kPageHuge = 4,  // mapped by a huge page (PMD)
};

// Neighbouring pages with the same flags, at least one of kPagePresent and kPageSwapped.
struct PageRun {
  uint64_t start = 0;
  uint64_t end = 0;
  uint8_t flags = 0;
};

struct PageRange {
  uint64_t start = 0;
  uint64_t end = 0;
};

struct PageScan {
  std::vector<PageRun> runs;  // ascending, disjoint
  bool complete = true;
};

inline constexpr size_t kMaxRuns = size_t{1} << 22;
inline constexpr uint64_t kMaxReadPages = uint64_t{1} << 26;  // 256 GiB of address space: 512 MiB to read

enum class ScanMethod { kBest, kReadOnly };

// ranges: ascending, disjoint, multiples of a page; runs do not reach beyond them. Errors: EACCES or EPERM for another
// user's process, ESRCH or ENOENT for one that has ended.
Result<PageScan> ScanPages(const Directory& process, std::span<const PageRange> ranges,
                           ScanMethod method = ScanMethod::kBest);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PAGE_SCAN_H_
