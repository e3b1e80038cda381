// Tested by tests/tools/memstat_test.cc.

#include "tools/run/heap_survey.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <optional>
#include <vector>

#include "tools/read/exact_tier.h"
#include "tools/read/region_attach.h"
#include "tools/read/region_mapped.h"
#include "tools/read/region_probe.h"
#include "tools/read/region_reader.h"
#include "tools/run/process_lookup.h"
#include "tools/run/resident_survey.h"

namespace glassheap::tools {
namespace {

Error WhyNotAttached(const Root& root, pid_t pid, const ProcessStatus& status, const Error& error) {
  if (const std::optional<Error> known = WhyNotRead(root, pid, status, error.errno_value)) return *known;
  if (!status.has_memory()) {
    return Error{PidText(pid),
                 status.name + (status.kernel_thread ? " is a kernel thread" : " has ended") + ": it has no heap",
                 kErrorNoRegion};
  }
  if (error.errno_value == kErrorNoRegion) {
    return Error{
        PidText(pid),
        status.name + " shows no heap: it does not run under glassheap (start it with `memstat run -- COMMAND`)",
        kErrorNoRegion};
  }
  return Error{PidText(pid), error.Text(), error.errno_value};
}

constexpr int kTries = 4;

// Among its open files; where none is, among its mappings.
Result<AttachedRegion> FindRegion(const Root& root, const Directory& process, pid_t pid, const ProcessStatus& status) {
  const pid_t innermost = status.innermost_pid.value_or(pid);
  Result<AttachedRegion> region = AttachRegion(process, innermost);
  if (region || !root.is_machine() || !status.has_memory()) return region;
  const int error = region.error().errno_value;
  if (error != kErrorNoRegion && error != kErrorInherited) return region;
  Result<AttachedRegion> mapped = AttachMappedRegion(process, pid, innermost);
  return mapped || error == kErrorNoRegion ? std::move(mapped) : std::move(region);
}

// Once more, from where it was found.
Result<RegionImage> ReadAgain(const OpenedProcess& process, pid_t pid, const AttachedRegion& region) {
  if (region.fd.valid()) return ReadRegion(region.fd.get());
  Result<AttachedRegion> mapped =
      AttachMappedRegion(process.directory, pid, process.status.innermost_pid.value_or(pid));
  if (!mapped) return mapped.error();
  return std::move(mapped->image);
}

// The region, the threads' lists and the region again, until nothing moved between the two readings; of a process that
// never rests, the last try, which says what moved.
Result<Heap> ReadHeap(const Root& root, const OpenedProcess& process, pid_t pid, const AttachedRegion& region) {
  if (!root.is_machine()) return MakeHeap(region.image);
  Result<RegionImage> before = region.image;
  std::optional<ExactLists> exact;
  for (int i = 0; i < kTries; ++i) {
    std::optional<std::vector<ThreadLists>> lists = ReadThreadLists(pid, *before);
    if (!lists) return MakeHeap(*before);
    Result<RegionImage> after = ReadAgain(process, pid, region);
    if (!after) return after.error();
    exact = ExactLists{*std::move(lists), MovedClasses(*before, *after)};
    const bool moved = std::ranges::find(exact->moved, true) != exact->moved.end();
    if (!moved && before->unsettled_rows() == 0) break;
    if (i + 1 < kTries) before = std::move(after);
  }
  return MakeHeap(*before, exact);
}

void AddTo(HeapsSummary& sum, const HeapTiers& tiers) {
  ++sum.processes;
  sum.live_bytes += tiers.live_bytes;
  sum.cached_bytes += tiers.thread_cache_free + tiers.transfer_cache_free;
  sum.fragmented_bytes += tiers.central_free + tiers.span_tail_waste;
  sum.free_bytes += tiers.page_heap_free;
  sum.released_bytes += tiers.page_heap_released;
  sum.mapped += tiers.mapped;
}

// There is one, and it is broken or we have no descriptor left to look at it.
bool IsUnreadable(const Error& error) {
  return error.errno_value == kErrorUnreadable || error.errno_value == EMFILE || error.errno_value == ENFILE;
}

// What cannot be read adds nothing: other users' processes are as if they had no heap.
void AddHeapOf(const Root& root, pid_t pid, HeapsSummary& sum) {
  const Result<OpenedProcess> process = OpenProcess(root, pid);
  if (!process) {
    sum.unreadable += IsUnreadable(process.error());
    return;
  }
  const Result<AttachedRegion> region = AttachRegion(process->directory, process->status.innermost_pid.value_or(pid));
  if (!region) {
    sum.unreadable += IsUnreadable(region.error());
    return;
  }
  const Result<Heap> heap = MakeHeap(region->image);
  if (!heap) {
    ++sum.unreadable;
    return;
  }
  AddTo(sum, heap->now);
  sum.resident += process->status.rss.value_or(0);
}

double Boottime() {
  timespec now = {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

Result<HeapReport> ReportHeap(const Root& root, pid_t pid, const HeapDetail& detail) {
  Result<OpenedProcess> process = OpenProcess(root, pid);
  if (!process) return process.error();
  const ProcessStatus& status = process->status;
  const Result<AttachedRegion> region = FindRegion(root, process->directory, pid, status);
  if (!region) return WhyNotAttached(root, pid, status, region.error());
  Result<Heap> heap = ReadHeap(root, *process, pid, *region);
  if (!heap) return Error{PidText(pid), heap.error().Text(), heap.error().errno_value};
  HeapReport report;
  report.pid = pid;
  report.status = process->status;
  report.heap = *std::move(heap);
  if (detail.pages) SurveyResident(root, *process, region->image, detail.map_cells, report);
  if (detail.history) {
    report.history = MakeHistory(region->image, report.heap, SecondsOfRegion(region->image, Boottime()));
  }
  return report;
}

HeapsSummary SurveyHeaps(const Root& root) {
  HeapsSummary sum;
  const ProbedRegions probed = ProbeRegions(root);
  sum.denied = probed.denied;
  for (const pid_t pid : probed.pids) AddHeapOf(root, pid, sum);
  return sum;
}

}  // namespace glassheap::tools
