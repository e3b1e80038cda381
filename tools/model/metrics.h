// The machine and its heaps as metrics for a monitoring system: families of samples with labels, by the conventions of
// Prometheus and OpenMetrics 1.0 (base units, the unit in the name, _total for counters). Pure: no I/O.
//
// How many samples there are is bounded: so many processes (those with the largest heaps), and of each the size classes
// that hold more than 1 % of its live bytes. What was left out is a metric too.

#ifndef GLASSHEAP_TOOLS_MODEL_METRICS_H_
#define GLASSHEAP_TOOLS_MODEL_METRICS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/model/cgroup.h"
#include "tools/model/heap.h"
#include "tools/model/system.h"

namespace glassheap::tools {

enum class MetricKind { kGauge, kCounter };

struct MetricLabel {
  std::string name;
  std::string value;  // foreign text
};

struct MetricSample {
  std::vector<MetricLabel> labels;
  double value = 0;  // whole numbers are exact to 2^53
};

struct MetricFamily {
  std::string name;  // with its unit; of a counter with _total
  std::string help;
  std::string unit;  // "bytes", "seconds", or empty
  MetricKind kind = MetricKind::kGauge;
  std::vector<MetricSample> samples;
};

// A process under glassheap.
struct HeapFigures {
  pid_t pid = 0;
  std::string command;  // comm; foreign text
  std::optional<uint64_t> rss;
  std::optional<uint64_t> swap;
  Heap heap;
  std::optional<uint64_t> allocated_bytes_total;
};

struct MetricsInput {
  std::optional<SystemMemory> memory;
  std::optional<Pressure> pressure;   // of the machine
  std::optional<uint64_t> oom_kills;  // on the machine, since boot
  std::vector<CgroupMemory> cgroups;  // those that processes under glassheap are in, each once
  std::vector<HeapFigures> heaps;
  uint64_t unreadable_heaps = 0;
};

inline constexpr size_t kDefaultMaxHeaps = 100;

// Families without a sample are left out.
std::vector<MetricFamily> MakeMetrics(MetricsInput input, size_t max_heaps = kDefaultMaxHeaps);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_METRICS_H_
