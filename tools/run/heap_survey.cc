// Tested by tests/tools/memstat_test.cc.

#include "tools/run/heap_survey.h"

#include <optional>
#include <vector>

#include "tools/read/exact_tier.h"
#include "tools/read/process_reader.h"
#include "tools/read/region_attach.h"
#include "tools/run/process_lookup.h"

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
        status.name +
            " shows no heap: it does not run under glassheap (start it with `memstat run -- COMMAND`), or it has "
            "closed all its files",
        kErrorNoRegion};
  }
  return Error{PidText(pid), error.Text(), error.errno_value};
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

}  // namespace

Result<HeapReport> ReportHeap(const Root& root, pid_t pid) {
  Result<OpenedProcess> process = OpenProcess(root, pid);
  if (!process) return process.error();
  const ProcessStatus& status = process->status;
  const Result<AttachedRegion> region = AttachRegion(process->directory, status.innermost_pid.value_or(pid));
  if (!region) return WhyNotAttached(root, pid, status, region.error());
  std::optional<std::vector<ThreadLists>> exact;
  if (root.is_machine()) exact = ReadThreadLists(pid, region->image);
  Result<Heap> heap = MakeHeap(region->image, exact);
  if (!heap) return Error{PidText(pid), heap.error().Text(), heap.error().errno_value};
  return HeapReport{pid, std::move(process->status), *std::move(heap)};
}

HeapsSummary SurveyHeaps(const Root& root) {
  HeapsSummary sum;
  ProcessReader reader(root);
  const Result<std::vector<ProcessSample>> samples = reader.ReadAll(kReadRegion);
  if (!samples) return sum;
  for (const ProcessSample& sample : *samples) {
    if (!sample.region) continue;
    const Result<Heap> heap = MakeHeap(*sample.region);
    if (!heap) {
      ++sum.unreadable;
      continue;
    }
    AddTo(sum, heap->now);
    sum.resident += sample.status.rss.value_or(0);
  }
  return sum;
}

}  // namespace glassheap::tools
