// Tested by tests/tools/view/json_processes_test.cc.

#include "tools/view/json_processes.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;

// Bytes and counts are whole; rates of events may be less than one a second.
Json NumberJson(double number, ProcessUnit unit) {
  const bool fine = unit == ProcessUnit::kPerSecond || unit == ProcessUnit::kPercent || unit == ProcessUnit::kSeconds;
  if (fine) return std::round(number * 10) / 10;
  return static_cast<int64_t>(std::llround(number));
}

Json ValueJson(const ProcessColumn& column, const Process& process) {
  const ProcessValue value = column.value(process);
  if (const auto* text = std::get_if<std::string>(&value)) return SanitizeUtf8(*text);
  if (const auto* whole = std::get_if<int64_t>(&value)) return *whole;
  if (const auto* number = std::get_if<double>(&value)) return NumberJson(*number, column.unit);
  return nullptr;
}

Json ProcessJson(const Process& process, const ProcessFields& fields) {
  Json row = Json::object();
  for (const ProcessColumn* field : fields) row[std::string(field->key)] = ValueJson(*field, process);
  if (process.shared_counted_often) row["shared_counted_often"] = true;  // a group's rss is an upper bound
  return row;
}

Json ProcessesJson(const std::vector<Process>& processes, const ProcessFields& fields) {
  Json rows = Json::array();
  for (const Process& process : processes) rows.push_back(ProcessJson(process, fields));
  return rows;
}

template <typename Value>
Json OrNull(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json PressureJson(const std::optional<Pressure>& pressure) {
  if (!pressure) return nullptr;
  return {{"some_avg10", pressure->some_avg10}, {"full_avg10", pressure->full_avg10}};
}

Json MemoryJson(const SystemMemory& memory) {
  return {{"total", memory.total},        {"used", memory.used},       {"free", memory.free},
          {"shared", memory.shared},      {"buffers", memory.buffers}, {"cache", memory.cache},
          {"available", memory.available}};
}

Json SystemJson(const Machine& machine) {
  const SystemMemory& memory = machine.memory;
  return {
      {"memory", MemoryJson(memory)},
      {"swap", {{"total", memory.swap_total}, {"used", memory.swap_used}, {"free", memory.swap_free}}},
      {"pressure", PressureJson(machine.pressure)},
      {"heaps",
       {{"processes", machine.heaps.processes},
        {"live_bytes", machine.heaps.live},
        {"cached", machine.heaps.cached},
        {"fragmented", machine.heaps.fragmented},
        {"mapped", machine.heaps.mapped},
        {"resident", machine.heaps.resident}}},
      {"load", OrNull(machine.load)},
      {"uptime_seconds", OrNull(machine.uptime_seconds)},
      {"tasks", machine.tasks},
      {"hidden", machine.hidden},
  };
}

}  // namespace

std::string OomJson(const std::vector<Process>& processes, const ProcessFields& fields) {
  const Json document = {{"schema", "glassheap.oom/1"}, {"processes", ProcessesJson(processes, fields)}};
  return document.dump() + "\n";
}

std::string OomChangesJson(const std::vector<OomChange>& changes, bool dry_run) {
  Json rows = Json::array();
  for (const OomChange& change : changes) {
    rows.push_back({{"pid", change.pid},
                    {"command", SanitizeUtf8(change.name)},
                    {"oom_score_adj_before", change.before},
                    {"oom_score_adj", change.after},
                    {"oom_adj_before", LegacyFromScoreAdj(change.before)},
                    {"oom_adj", LegacyFromScoreAdj(change.after)}});
  }
  return Json({{"schema", "glassheap.oom_set/1"}, {"dry_run", dry_run}, {"changes", rows}}).dump() + "\n";
}

std::string TopJsonLine(const Machine& machine, const std::vector<const Process*>& processes,
                        const ProcessFields& fields) {
  Json rows = Json::array();
  for (const Process* process : processes) rows.push_back(ProcessJson(*process, fields));
  const Json line = {{"schema", "glassheap.top/1"},
                     {"time", std::round(machine.realtime_seconds * 1000) / 1000},
                     {"system", SystemJson(machine)},
                     {"processes", rows}};
  return line.dump() + "\n";
}

}  // namespace glassheap::tools
