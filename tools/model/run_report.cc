// Tested by tests/tools/model/run_report_test.cc.

#include "tools/model/run_report.h"

namespace glassheap::tools {
namespace {

// What the program has asked for, and what its threads hold ready: it cannot be
// told apart exactly while it runs.
int64_t InUse(const HeapTiers& tiers) { return tiers.live_bytes + tiers.thread_cache_free; }

}  // namespace

void PeakKeeper::Add(const Heap& heap, double seconds) {
  // The process' own note of its peak is first: of two equals it is the better,
  // as it was taken at the moment.
  if (heap.peak) Offer(*heap.peak);
  Offer(HeapPeak{heap.now, seconds});
}

void PeakKeeper::Offer(const HeapPeak& candidate) {
  // A region that has only just been made says that nothing is mapped yet.
  const bool first = !peak_ || (peak_->tiers.mapped == 0 && candidate.tiers.mapped > 0);
  if (first || InUse(candidate.tiers) > InUse(peak_->tiers)) peak_ = candidate;
}

}  // namespace glassheap::tools
