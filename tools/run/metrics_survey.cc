// Tested by tests/tools/memstat_serve_test.cc.

#include "tools/run/metrics_survey.h"

#include <algorithm>
#include <utility>

#include "tools/model/process_heap.h"
#include "tools/read/cgroup.h"
#include "tools/read/meminfo.h"
#include "tools/read/pressure.h"
#include "tools/read/vmstat.h"

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

void MetricsSurvey::AddMachine(MetricsInput& input) const {
  if (const Result<std::string> text = root_.ReadFile("proc/meminfo")) {
    input.memory = MakeSystemMemory(ParseMeminfo(*text));
  }
  if (const Result<std::string> text = root_.ReadFile("proc/pressure/memory")) {
    input.pressure = ParsePressure(*text);
  }
  if (const Result<std::string> text = root_.ReadFile("proc/vmstat")) input.oom_kills = ParseVmstat(*text).oom_kills;
}

// Of a process whose cgroup cannot be read there is nothing to add.
void MetricsSurvey::AddCgroups(MetricsInput& input) const {
  const uint64_t ram = input.memory ? input.memory->total : UINT64_MAX;
  const uint64_t swap = input.memory ? input.memory->swap_total : 0;
  for (const HeapFigures& figures : input.heaps) {
    if (input.cgroups.size() >= max_heaps_) return;
    const Result<MemoryCgroup> cgroup = ReadMemoryCgroup(root_, figures.pid);
    if (!cgroup) continue;
    CgroupMemory memory = MakeCgroupMemory(*cgroup, ram, swap);
    const bool known = std::ranges::any_of(input.cgroups, [&](const auto& one) { return one.path == memory.path; });
    if (!known) input.cgroups.push_back(std::move(memory));
  }
}

std::vector<MetricFamily> MetricsSurvey::Collect() {
  MetricsInput input;
  AddMachine(input);
  if (const Result<std::vector<ProcessSample>> samples = reader_.ReadAll(kReadRegion)) {
    for (const ProcessSample& sample : *samples) {
      if (sample.region) AddHeap(sample, input);
    }
  }
  AddCgroups(input);
  return MakeMetrics(std::move(input), max_heaps_);
}

}  // namespace glassheap::tools
