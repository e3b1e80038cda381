// Tested by tests/tools/memstat_serve_test.cc.

#include "tools/run/metrics_survey.h"

#include <utility>

#include "tools/model/process_heap.h"
#include "tools/read/meminfo.h"

namespace glassheap::tools {

MetricsSurvey::MetricsSurvey(const Root& root, size_t max_heaps) : root_(root), max_heaps_(max_heaps), reader_(root) {}

void MetricsSurvey::AddHeap(const ProcessSample& sample, MetricsInput& input) const {
  Result<Heap> heap = MakeHeap(*sample.region);
  if (!heap) {
    ++input.unreadable_heaps;
    return;
  }
  HeapFigures figures;
  figures.pid = sample.pid;
  figures.command = sample.status.name;
  figures.rss = sample.status.rss;
  figures.swap = sample.status.swap;
  figures.allocated_bytes_total = AllocatedTotal(*sample.region, *heap);
  figures.heap = *std::move(heap);
  input.heaps.push_back(std::move(figures));
}

std::vector<MetricFamily> MetricsSurvey::Collect() {
  MetricsInput input;
  if (const Result<std::string> text = root_.ReadFile("proc/meminfo")) {
    input.memory = MakeSystemMemory(ParseMeminfo(*text));
  }
  if (const Result<std::vector<ProcessSample>> samples = reader_.ReadAll(kReadRegion)) {
    for (const ProcessSample& sample : *samples) {
      if (sample.region) AddHeap(sample, input);
    }
  }
  return MakeMetrics(std::move(input), max_heaps_);
}

}  // namespace glassheap::tools
