// Tested by tests/tools/view/json_system_test.cc.

#include "tools/view/json_system.h"

#include <nlohmann/json.hpp>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json PathOrNull(const std::optional<std::string>& path) { return path ? Json(SanitizeUtf8(*path)) : Json(nullptr); }

Json AveragesJson(double avg10, double avg60, const std::optional<double>& avg300,
                  const std::optional<uint64_t>& total) {
  return {{"avg10", avg10}, {"avg60", avg60}, {"avg300", OrNull(avg300)}, {"total_us", OrNull(total)}};
}

Json PressureJson(const std::optional<Pressure>& p) {
  if (!p) return nullptr;
  return {{"some", AveragesJson(p->some_avg10, p->some_avg60, p->some_avg300, p->some_total_us)},
          {"full", AveragesJson(p->full_avg10, p->full_avg60, p->full_avg300, p->full_total_us)}};
}

Json CgroupJson(const std::optional<CgroupMemory>& cgroup) {
  if (!cgroup) return nullptr;
  return {{"version", static_cast<int>(cgroup->version)},
          {"path", SanitizeUtf8(cgroup->path)},
          {"limit", OrNull(cgroup->limit)},
          {"limit_path", PathOrNull(cgroup->limit_path)},
          {"usage", OrNull(cgroup->usage)},
          {"working_set", OrNull(cgroup->working_set)},
          {"remaining", OrNull(cgroup->remaining)},
          {"remaining_path", PathOrNull(cgroup->remaining_path)},
          {"high", OrNull(cgroup->high)},
          {"swap_limit", OrNull(cgroup->swap_limit)},
          {"swap_usage", OrNull(cgroup->swap_usage)},
          {"oom_kills", OrNull(cgroup->oom_kills)},
          {"pressure", PressureJson(cgroup->pressure)}};
}

Json HeapsJson(const HeapsSummary& heaps) {
  return {{"processes", heaps.processes},
          {"unreadable", heaps.unreadable},
          {"denied", heaps.denied},
          {"live_bytes", heaps.live_bytes},
          {"cached_bytes", heaps.cached_bytes},
          {"fragmented_bytes", heaps.fragmented_bytes},
          {"free_bytes", heaps.free_bytes},
          {"released_bytes", heaps.released_bytes},
          {"mapped", heaps.mapped},
          {"resident", heaps.resident}};
}

template <typename Memory>
Json MemoryJson(const Memory& memory) {
  return {{"total", memory.total},        {"used", memory.used},       {"free", memory.free},
          {"shared", memory.shared},      {"buffers", memory.buffers}, {"cache", memory.cache},
          {"available", memory.available}};
}

template <typename Memory>
Json SwapJson(const Memory& memory) {
  return {{"total", memory.swap_total}, {"used", memory.swap_used}, {"free", memory.swap_free}};
}

Json DeltaJson(const SystemDelta& delta) {
  return {{"seconds", delta.seconds},
          {"memory", MemoryJson(delta.columns)},
          {"swap", SwapJson(delta.columns)},
          {"swapped_in", OrNull(delta.swapped_in)},
          {"swapped_out", OrNull(delta.swapped_out)},
          {"oom_kills", OrNull(delta.oom_kills)},
          {"cgroup_oom_kills", OrNull(delta.cgroup_oom_kills)},
          {"cgroup_working_set", OrNull(delta.cgroup_working_set)},
          {"stalled_some_us", OrNull(delta.some_us)},
          {"stalled_full_us", OrNull(delta.full_us)}};
}

}  // namespace

std::string SystemJson(const SystemReport& report, const SystemDelta* delta) {
  Json json;
  json["schema"] = "glassheap.system/1";
  json["memory"] = MemoryJson(report.memory);
  json["swap"] = SwapJson(report.memory);
  json["committed"] = {{"limit", OrNull(report.meminfo.commit_limit)}, {"used", OrNull(report.meminfo.committed)}};
  json["cgroup"] = CgroupJson(report.cgroup);
  json["pressure"] = PressureJson(report.pressure);
  json["events"] = {{"swapped_in", OrNull(report.swapped_in)},
                    {"swapped_out", OrNull(report.swapped_out)},
                    {"oom_kills", OrNull(report.oom_kills)}};
  json["heaps"] = HeapsJson(report.heaps);
  json["delta"] = delta == nullptr ? Json(nullptr) : DeltaJson(*delta);
  return json.dump() + "\n";
}

std::string WhatJson(const std::vector<MemoryUseRow>& rows, const FreeColumns& columns,
                     const std::vector<UsedFormula>& formulas) {
  Json json;
  json["schema"] = "glassheap.what/1";
  json["total"] = columns.total;
  json["available"] = columns.available;
  json["would_be_given_back"] = columns.available - columns.free;
  for (const MemoryUseRow& row : rows) json["rows"][row.key] = OrNull(row.bytes);
  for (const UsedFormula& one : formulas) json["used"][one.key] = {{"formula", one.formula}, {"bytes", one.bytes}};
  return json.dump() + "\n";
}

}  // namespace glassheap::tools
