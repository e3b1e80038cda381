// Tested by tests/tools/model/machine_test.cc.

#include "tools/model/machine.h"

#include <algorithm>

namespace glassheap::tools {
namespace {

void AddClaim(int64_t& sum, int64_t claim) {
  if (__builtin_add_overflow(sum, claim, &sum)) sum = claim > 0 ? INT64_MAX : INT64_MIN;
}

}  // namespace

HeapTotals AddUpHeaps(const std::vector<Process>& processes) {
  HeapTotals totals;
  for (const Process& process : processes) {
    if (!process.heap) continue;
    ++totals.processes;
    AddClaim(totals.live, process.heap->live);
    AddClaim(totals.cached, process.heap->cached);
    AddClaim(totals.fragmented, process.heap->fragmented);
    AddClaim(totals.mapped, process.heap->mapped);
    totals.resident += process.rss.value_or(0);
  }
  return totals;
}

OomScope WholeMachine(const SystemMemory& memory) {
  OomScope scope;
  scope.rule = memory.oom_rule;
  scope.total_pages = memory.total / scope.page_bytes + memory.swap_total / scope.page_bytes;
  return scope;
}

}  // namespace glassheap::tools
