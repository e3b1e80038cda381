// Tested by tests/tools/model/metrics_test.cc.

#include "tools/model/metrics.h"

#include <algorithm>
#include <utility>

namespace glassheap::tools {
namespace {

using Value = std::optional<double>;

template <typename Number>
Value Of(const std::optional<Number>& number) {
  return number ? Value(static_cast<double>(*number)) : std::nullopt;
}
Value Of(uint64_t number) { return static_cast<double>(number); }
Value Of(int64_t number) { return static_cast<double>(number); }

// One row per figure of the machine's memory.
constexpr struct {
  const char* name;
  const char* help;
  uint64_t SystemMemory::*value;
} kMemoryRows[] = {
    {"memory_size_bytes", "RAM of the machine (MemTotal)", &SystemMemory::total},
    {"memory_used_bytes", "RAM that is not available, as free counts it", &SystemMemory::used},
    {"memory_free_bytes", "RAM that nobody uses (MemFree)", &SystemMemory::free},
    {"memory_available_bytes", "RAM to be had without swapping (MemAvailable)", &SystemMemory::available},
    {"memory_shared_bytes", "shared memory and tmpfs (Shmem)", &SystemMemory::shared},
    {"memory_buffers_bytes", "buffers of block devices (Buffers)", &SystemMemory::buffers},
    {"memory_cache_bytes", "page cache and reclaimable slab (Cached + SReclaimable)", &SystemMemory::cache},
    {"swap_size_bytes", "swap space (SwapTotal)", &SystemMemory::swap_total},
    {"swap_used_bytes", "swap space in use", &SystemMemory::swap_used},
};

// One row per figure of a memory cgroup.
constexpr struct {
  const char* name;
  const char* help;
  std::optional<uint64_t> CgroupMemory::*value;
} kCgroupRows[] = {
    {"cgroup_limit_bytes", "the lowest limit of the cgroup and its ancestors", &CgroupMemory::limit},
    {"cgroup_usage_bytes", "memory in use, page cache included, of the cgroup that has the limit",
     &CgroupMemory::usage},
    {"cgroup_working_set_bytes", "usage without the page cache that goes first", &CgroupMemory::working_set},
    {"cgroup_remaining_bytes", "what is left before an OOM kill", &CgroupMemory::remaining},
};

// One row per figure of pressure.
constexpr struct {
  const char* kind;
  std::optional<uint64_t> Pressure::*total_us;
} kPressureRows[] = {
    {"some", &Pressure::some_total_us},
    {"full", &Pressure::full_total_us},
};

// One row per figure of a heap that is one number.
constexpr struct {
  const char* name;
  const char* help;
  const char* unit;
  MetricKind kind;
  Value (*value)(const HeapFigures& figures);
} kHeapRows[] = {
    {"heap_mapped_bytes", "address space of the heap and its metadata", "bytes", MetricKind::kGauge,
     [](const HeapFigures& f) { return Of(f.heap.now.mapped); }},
    {"heap_residual_bytes", "mapped minus all tiers: what moved while it was read", "bytes", MetricKind::kGauge,
     [](const HeapFigures& f) { return Of(f.heap.now.residual); }},
    {"heap_split_bound_bytes", "live and thread caches are known to within this", "bytes", MetricKind::kGauge,
     [](const HeapFigures& f) { return Of(f.heap.split_bound); }},
    {"heap_allocated_bytes_total", "bytes the program has asked for since it started", "bytes", MetricKind::kCounter,
     [](const HeapFigures& f) { return Of(f.allocated_bytes_total); }},
    {"heap_threads", "threads that have a cache", "", MetricKind::kGauge,
     [](const HeapFigures& f) { return Of(uint64_t{f.heap.threads.size()}); }},
    {"process_resident_bytes", "RSS of the process, by the kernel", "bytes", MetricKind::kGauge,
     [](const HeapFigures& f) { return Of(f.rss); }},
    {"process_swap_bytes", "memory of the process that is swapped out, by the kernel", "bytes", MetricKind::kGauge,
     [](const HeapFigures& f) { return Of(f.swap); }},
};

constexpr double kClassShare = 0.01;  // of live bytes

MetricFamily Family(const char* name, const char* help, const char* unit, MetricKind kind) {
  return {std::string("glassheap_") + name, help, unit, kind, {}};
}

std::vector<MetricLabel> LabelsOf(const HeapFigures& figures) {
  return {{"pid", std::to_string(figures.pid)}, {"command", figures.command}};
}

void Add(MetricFamily& family, std::vector<MetricLabel> labels, const Value& value) {
  if (value) family.samples.push_back({std::move(labels), *value});
}

void AddMemory(const SystemMemory& memory, std::vector<MetricFamily>& families) {
  for (const auto& row : kMemoryRows) {
    families.push_back(Family(row.name, row.help, "bytes", MetricKind::kGauge));
    Add(families.back(), {}, Of(memory.*row.value));
  }
}

void AddPressure(const Pressure& pressure, std::vector<MetricFamily>& families) {
  families.push_back(Family("memory_stalled_seconds_total",
                            "time in which some, or all, tasks waited for memory since boot (PSI)", "seconds",
                            MetricKind::kCounter));
  for (const auto& row : kPressureRows) {
    if (const std::optional<uint64_t> total = pressure.*row.total_us) {
      Add(families.back(), {{"kind", row.kind}}, static_cast<double>(*total) / 1e6);
    }
  }
}

void AddOomKills(uint64_t kills, std::vector<MetricFamily>& families) {
  families.push_back(
      Family("oom_kills_total", "processes killed for lack of memory since boot", "", MetricKind::kCounter));
  Add(families.back(), {}, Of(kills));
}

void AddCgroups(const std::vector<CgroupMemory>& cgroups, std::vector<MetricFamily>& families) {
  for (const auto& row : kCgroupRows) {
    families.push_back(Family(row.name, row.help, "bytes", MetricKind::kGauge));
    for (const CgroupMemory& cgroup : cgroups) {
      Add(families.back(), {{"cgroup", cgroup.path}}, Of(cgroup.*row.value));
    }
  }
}

MetricFamily Tiers(const std::vector<HeapFigures>& heaps) {
  MetricFamily family = Family("heap_tier_bytes", "the heap by tier; the tiers and the residual add up to mapped",
                               "bytes", MetricKind::kGauge);
  for (const HeapFigures& figures : heaps) {
    for (const Tier& tier : kTiers) {
      std::vector<MetricLabel> labels = LabelsOf(figures);
      labels.push_back({"tier", tier.key});
      Add(family, std::move(labels), Of(figures.heap.now.*tier.value));
    }
  }
  return family;
}

MetricFamily Classes(const std::vector<HeapFigures>& heaps) {
  MetricFamily family = Family("heap_class_live_bytes", "live bytes by size class, of classes above 1 % of live bytes",
                               "bytes", MetricKind::kGauge);
  for (const HeapFigures& figures : heaps) {
    const double least = static_cast<double>(figures.heap.now.live_bytes) * kClassShare;
    for (const HeapClass& one : figures.heap.classes) {
      const double bytes = static_cast<double>(one.live_objects) * static_cast<double>(one.size);
      if (bytes <= 0 || bytes < least) continue;
      std::vector<MetricLabel> labels = LabelsOf(figures);
      labels.push_back({"size", std::to_string(one.size)});
      Add(family, std::move(labels), bytes);
    }
  }
  return family;
}

void AddHeaps(const std::vector<HeapFigures>& heaps, std::vector<MetricFamily>& families) {
  families.push_back(Tiers(heaps));
  families.push_back(Classes(heaps));
  for (const auto& row : kHeapRows) {
    families.push_back(Family(row.name, row.help, row.unit, row.kind));
    for (const HeapFigures& figures : heaps) Add(families.back(), LabelsOf(figures), row.value(figures));
  }
}

void AddCount(const char* name, const char* help, uint64_t count, std::vector<MetricFamily>& families) {
  families.push_back(Family(name, help, "", MetricKind::kGauge));
  Add(families.back(), {}, Of(count));
}

// Keeps the largest heaps, by pid again. Returns how many it left out.
uint64_t KeepLargest(std::vector<HeapFigures>& heaps, size_t max_heaps) {
  if (heaps.size() <= max_heaps) return 0;
  const uint64_t omitted = heaps.size() - max_heaps;
  std::ranges::stable_sort(heaps, std::greater(), [](const HeapFigures& f) { return f.heap.now.mapped; });
  heaps.resize(max_heaps);
  std::ranges::sort(heaps, std::less(), &HeapFigures::pid);
  return omitted;
}

}  // namespace

std::vector<MetricFamily> MakeMetrics(MetricsInput input, size_t max_heaps) {
  std::vector<MetricFamily> families;
  if (input.memory) AddMemory(*input.memory, families);
  if (input.pressure) AddPressure(*input.pressure, families);
  if (input.oom_kills) AddOomKills(*input.oom_kills, families);
  AddCgroups(input.cgroups, families);
  AddCount("heaps", "processes under glassheap that can be read", input.heaps.size(), families);
  AddCount("heaps_unreadable", "processes whose stats region makes no sense", input.unreadable_heaps, families);
  const uint64_t omitted = KeepLargest(input.heaps, max_heaps);
  AddCount("heaps_omitted", "processes with smaller heaps that are counted in heaps only", omitted, families);
  AddHeaps(input.heaps, families);
  std::erase_if(families, [](const MetricFamily& family) { return family.samples.empty(); });
  return families;
}

}  // namespace glassheap::tools
