// Tested by tests/tools/run/resident_survey_test.cc and tests/tools/memstat_heap_test.cc.

#include "tools/run/resident_survey.h"

#include <utility>
#include <vector>

#include "tools/read/mappings.h"
#include "tools/read/page_scan.h"
#include "tools/read/span_table.h"
#include "tools/read/stack_pointers.h"

namespace glassheap::tools {
namespace {

struct Space {
  std::vector<Mapping> mappings;
  std::vector<SpaceKind> kinds;
};

Result<Space> ReadSpace(const OpenedProcess& process, const std::optional<HeapWindow>& window) {
  Result<std::vector<Mapping>> mappings = ReadMappings(process.directory, false);
  if (!mappings) return mappings.error();
  SpaceHints hints;
  hints.program = process.directory.ReadLink("exe").optional().value_or("");
  if (window) hints.heap = window->whole();
  hints.stack_pointers = ReadStackPointers(process.directory);
  std::vector<SpaceKind> kinds = ClassifyMappings(*mappings, hints);
  return Space{*std::move(mappings), std::move(kinds)};
}

std::vector<PageRange> RangesOf(const std::vector<Mapping>& mappings) {
  std::vector<PageRange> ranges;
  for (const Mapping& mapping : mappings) {
    if (mapping.path == "[vsyscall]") continue;  // above what a process may have: not in its page tables
    if (!ranges.empty() && ranges.back().end == mapping.start) {
      ranges.back().end = mapping.end;
    } else {
      ranges.push_back({mapping.start, mapping.end});
    }
  }
  return ranges;
}

// Rss as the page tables have it; as the kernel's counters have it where smaps_rollup may not be read.
int64_t ReadRss(const OpenedProcess& process) {
  const Result<std::string> text = process.directory.ReadFile("smaps_rollup");
  if (text) {
    const std::vector<Mapping> rollup = ParseMappings(*text);
    if (!rollup.empty() && rollup.front().rss) return static_cast<int64_t>(*rollup.front().rss);
  }
  return static_cast<int64_t>(process.status.rss.value_or(0));
}

int64_t ReadRssNow(const OpenedProcess& process, int64_t otherwise) {
  const Result<std::string> text = process.directory.ReadFile("status");
  if (!text) return otherwise;
  const std::optional<ProcessStatus> status = ParseProcessStatus(*text);
  return status && status->rss ? static_cast<int64_t>(*status->rss) : otherwise;
}

int64_t PresentBytes(const PageScan& scan) {
  int64_t bytes = 0;
  for (const PageRun& run : scan.runs) {
    if (run.flags & kPagePresent) bytes += static_cast<int64_t>(run.end - run.start);
  }
  return bytes;
}

// The pages, what is known of the spans, and Rss, of about one moment.
struct Look {
  std::optional<SpanTable> table;
  PageScan scan;
  int64_t rss = 0;
  int64_t moved = 0;  // of Rss, meanwhile
};

Result<Look> LookOnce(const OpenedProcess& process, const RegionImage& region, pid_t pid,
                      const std::vector<PageRange>& ranges) {
  const int64_t before = ReadRssNow(process, 0);
  Look look;
  look.table = ReadSpanTable(pid, region);
  Result<PageScan> scan = ScanPages(process.directory, ranges);
  if (!scan) return scan.error();
  look.scan = *std::move(scan);
  look.moved = ReadRssNow(process, before) - before;
  look.rss = ReadRss(process);
  return look;
}

// A page that the kernel is about to move to another frame (compaction, migration; up to 512 at a time) counts in Rss and
// is not present. Where Rss stands still and pages are missing, another look finds them.
Result<Look> LookAt(const OpenedProcess& process, const RegionImage& region, pid_t pid,
                    const std::vector<PageRange>& ranges) {
  constexpr int kLooks = 3;
  constexpr int64_t kMissing = 64 << 10;
  for (int i = 1;; ++i) {
    Result<Look> look = LookOnce(process, region, pid, ranges);
    if (!look || i == kLooks || look->moved != 0 || look->rss - PresentBytes(look->scan) < kMissing) return look;
  }
}

std::vector<uint64_t> ClassSizes(const Heap& heap) {
  std::vector<uint64_t> sizes = {0};
  for (const HeapClass& one : heap.classes) sizes.push_back(one.size);
  return sizes;
}

}  // namespace

void SurveyResident(const Root& root, const OpenedProcess& process, const RegionImage& region, size_t map_cells,
                    HeapReport& report) {
  if (!root.is_machine()) {
    report.no_resident_because = "a captured tree has no pages";
    return;
  }
  // The block heap grows by sbrk or wherever the kernel puts a mapping: its pages cannot be told from the program's own.
  if (region.header().heap_base == 0) {
    report.no_resident_because = "this heap has no address range of its own; see memstat heap --blocks";
    return;
  }
  const HeapWindow window = FindHeapWindow(region).value_or(HeapWindow());
  const Result<Space> space = ReadSpace(process, window);
  if (!space) {
    report.no_resident_because = space.error().Text();
    return;
  }
  Result<Look> look = LookAt(process, region, report.pid, RangesOf(space->mappings));
  if (!look) {
    report.no_resident_because = look.error().Text();
    return;
  }
  const PageIndex pages(std::move(look->scan));
  const std::vector<uint64_t> sizes = ClassSizes(report.heap);
  std::optional<HeapPages> spans;
  if (look->table) spans.emplace(*look->table, pages, sizes);
  report.resident = MakeResident({.heap = report.heap,
                                  .window = window,
                                  .mappings = space->mappings,
                                  .kinds = space->kinds,
                                  .pages = pages,
                                  .spans = spans ? &*spans : nullptr,
                                  .rss = look->rss,
                                  .rss_before = look->rss - look->moved});
  if (!spans) return;
  report.fragmentation = FindFragmentation(*spans);
  if (map_cells > 0) report.map = DrawHeapMap(*spans, map_cells);
}

}  // namespace glassheap::tools
