// Tested by tests/tools/read/page_scan_test.cc.

#include "tools/read/page_scan.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "tools/read/page_frames.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kPage = 4096;

// include/uapi/linux/fs.h of Linux 6.7, and PAGE_IS_GUARD of 6.16; Debian 12's headers are older.
struct PageRegion {
  uint64_t start;
  uint64_t end;
  uint64_t categories;
};

struct ScanArguments {
  uint64_t size;
  uint64_t flags;
  uint64_t start;
  uint64_t end;
  uint64_t walk_end;
  uint64_t vec;
  uint64_t vec_len;
  uint64_t max_pages;
  uint64_t category_inverted;
  uint64_t category_mask;
  uint64_t category_anyof_mask;
  uint64_t return_mask;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArguments);
constexpr uint64_t kIsPresent = 1 << 3;
constexpr uint64_t kIsSwapped = 1 << 4;
constexpr uint64_t kIsZeroPage = 1 << 5;
constexpr uint64_t kIsHuge = 1 << 6;
constexpr uint64_t kIsGuard = 1 << 8;

constexpr size_t kRegions = 4096;      // per ioctl: 96 KiB
constexpr size_t kEntries = 64 << 10;  // per read: 512 KiB

// Collects runs: joins neighbours, keeps the bound.
class Collector {
 public:
  // A scan that goes on after its vector was full may begin a little before where it stopped: what was seen is left out.
  void Add(uint64_t start, uint64_t end, uint8_t flags) {
    start = std::max(start, seen_);
    if (flags == 0 || start >= end) return;
    seen_ = end;
    std::vector<PageRun>& runs = scan_.runs;
    if (!runs.empty() && runs.back().end == start && runs.back().flags == flags) {
      runs.back().end = end;
      return;
    }
    if (runs.size() >= kMaxRuns) {
      scan_.complete = false;
      return;
    }
    runs.push_back({start, end, flags});
  }
  void LeftOut() { scan_.complete = false; }
  bool full() const { return !scan_.complete; }
  PageScan Take() && { return std::move(scan_); }

 private:
  PageScan scan_;
  uint64_t seen_ = 0;
};

uint8_t FlagsOf(uint64_t categories) {
  if (categories & kIsZeroPage) return 0;  // read but never written: not in RSS
  if (categories & kIsGuard) return 0;     // MADV_GUARD_INSTALL: said to be swapped out too
  return static_cast<uint8_t>((categories & kIsPresent ? kPagePresent : 0) |
                              (categories & kIsSwapped ? kPageSwapped : 0) | (categories & kIsHuge ? kPageHuge : 0));
}

// Returns 0 or errno: ENOTTY where the kernel has no such call, EINVAL where it does not know one of the categories.
int ScanRange(int fd, const PageRange& range, uint64_t categories, std::vector<PageRegion>& regions, Collector& to) {
  ScanArguments arguments = {};
  arguments.size = sizeof arguments;
  arguments.end = range.end;
  arguments.vec = reinterpret_cast<uint64_t>(regions.data());
  arguments.vec_len = regions.size();
  arguments.category_anyof_mask = kIsPresent | kIsSwapped;
  arguments.return_mask = categories;
  for (uint64_t at = range.start; at < range.end && !to.full();) {
    arguments.start = at;
    const int count = ::ioctl(fd, kPagemapScan, &arguments);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    for (int i = 0; i < count; ++i) to.Add(regions[i].start, regions[i].end, FlagsOf(regions[i].categories));
    if (arguments.walk_end <= at) break;  // no progress: nothing more to come
    at = arguments.walk_end;
  }
  return 0;
}

// Page tables are walked, not addresses, so gaps cost nothing: ranges close to each other are one call. What lies between
// is cut out again.
constexpr uint64_t kJoinGap = uint64_t{1} << 30;

std::vector<PageRange> JoinRanges(std::span<const PageRange> ranges) {
  std::vector<PageRange> joined;
  for (const PageRange& range : ranges) {
    if (!joined.empty() && range.start - joined.back().end <= kJoinGap) {
      joined.back().end = range.end;
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

PageScan Clip(const PageScan& scan, std::span<const PageRange> ranges) {
  Collector clipped;
  size_t i = 0;
  for (const PageRun& run : scan.runs) {
    while (i < ranges.size() && ranges[i].end <= run.start) ++i;
    for (size_t j = i; j < ranges.size() && ranges[j].start < run.end; ++j) {
      clipped.Add(std::max(run.start, ranges[j].start), std::min(run.end, ranges[j].end), run.flags);
    }
  }
  if (!scan.complete) clipped.LeftOut();
  return std::move(clipped).Take();
}

Result<PageScan> Scan(int fd, std::span<const PageRange> ranges, const std::string& path) {
  std::vector<PageRegion> regions(kRegions);
  Collector collector;
  uint64_t categories = kIsPresent | kIsSwapped | kIsZeroPage | kIsHuge | kIsGuard;
  for (const PageRange& range : JoinRanges(ranges)) {
    int error = ScanRange(fd, range, categories, regions, collector);
    if (error == EINVAL && (categories & kIsGuard) != 0) {
      categories &= ~kIsGuard;
      error = ScanRange(fd, range, categories, regions, collector);
    }
    if (error != 0) return Error::FromErrno(path, error);
  }
  return Clip(std::move(collector).Take(), ranges);
}

uint8_t FlagsOfEntry(uint64_t entry) {
  const PageState page = ParsePagemapEntry(0, entry);
  return static_cast<uint8_t>((page.present ? kPagePresent : 0) | (page.swapped ? kPageSwapped : 0));
}

// Returns 0 or errno. A short read is the end of the address space.
int ReadRange(int fd, const PageRange& range, std::vector<uint64_t>& entries, Collector& to) {
  for (uint64_t at = range.start; at < range.end;) {
    const uint64_t want = std::min<uint64_t>(entries.size(), (range.end - at) / kPage);
    const ssize_t got =
        ::pread(fd, entries.data(), want * sizeof(uint64_t), static_cast<off_t>(at / kPage * sizeof(uint64_t)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    const auto pages = static_cast<uint64_t>(got) / sizeof(uint64_t);
    if (pages == 0) return 0;
    for (uint64_t i = 0; i < pages; ++i) to.Add(at + i * kPage, at + (i + 1) * kPage, FlagsOfEntry(entries[i]));
    at += pages * kPage;
  }
  return 0;
}

Result<PageScan> Read(int fd, std::span<const PageRange> ranges, const std::string& path) {
  std::vector<uint64_t> entries(kEntries);
  Collector collector;
  uint64_t left = kMaxReadPages;
  for (const PageRange& range : ranges) {
    const uint64_t pages = std::min(left, (range.end - range.start) / kPage);
    const PageRange part = {range.start, range.start + pages * kPage};
    if (part.end < range.end) collector.LeftOut();
    if (const int error = ReadRange(fd, part, entries, collector)) return Error::FromErrno(path, error);
    left -= pages;
  }
  return std::move(collector).Take();
}

}  // namespace

Result<PageScan> ScanPages(const Directory& process, std::span<const PageRange> ranges, ScanMethod method) {
  const Result<FileDescriptor> pagemap = process.Open("pagemap", O_RDONLY);
  if (!pagemap) return pagemap.error();
  const std::string path = process.PathOf("pagemap");
  if (method == ScanMethod::kBest) {
    Result<PageScan> scan = Scan(pagemap->get(), ranges, path);
    if (scan || (scan.error().errno_value != ENOTTY && scan.error().errno_value != EINVAL)) return scan;
  }
  return Read(pagemap->get(), ranges, path);
}

}  // namespace glassheap::tools
