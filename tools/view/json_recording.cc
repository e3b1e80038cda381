// Tested by tests/tools/view/json_recording_test.cc.

#include "tools/view/json_recording.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tools/view/json_processes.h"
#include "tools/view/process_columns.h"
#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned kWholeEach = 60;
constexpr double kMaxWhole = 9e18;

// What a column does not show. One row each.
struct Extra {
  const char* key;
  Json (*get)(const Process& process);
  void (*set)(Process& process, const Json& value);
};
constexpr Extra kExtras[] = {
    {"incarnation", [](const Process& p) { return Json(p.incarnation); },
     [](Process& p, const Json& v) { p.incarnation = v.is_number_unsigned() ? v.get<uint64_t>() : 0; }},
    {"kernel_thread", [](const Process& p) { return p.kernel_thread ? Json(true) : Json(); },
     [](Process& p, const Json& v) { p.kernel_thread = v == true; }},
    {"growth_sustained", [](const Process& p) { return p.growth_sustained ? Json(true) : Json(); },
     [](Process& p, const Json& v) { p.growth_sustained = v == true; }},
};

Json ToJson(const ProcessValue& value, ProcessUnit unit) {
  if (const auto* text = std::get_if<std::string>(&value)) return SanitizeUtf8(*text);
  if (const auto* whole = std::get_if<int64_t>(&value)) return *whole;
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr || !std::isfinite(*number)) return nullptr;
  const bool fine = unit == ProcessUnit::kPerSecond || unit == ProcessUnit::kPercent || unit == ProcessUnit::kSeconds;
  return std::round(*number * (fine ? 10 : 1)) / (fine ? 10 : 1);
}

ProcessValue FromJson(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) return {};
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number_float() && std::abs(value.get<double>()) < kMaxWhole) return value.get<double>();
  return {};
}

Json RowOf(const Process& process) {
  Json row = Json::object();
  for (const ProcessColumn& column : ProcessColumns()) {
    if (column.store == nullptr) continue;
    Json value = ToJson(column.value(process), column.unit);
    if (!value.is_null()) row[std::string(column.key)] = std::move(value);
  }
  for (const Extra& extra : kExtras) {
    Json value = extra.get(process);
    if (!value.is_null()) row[extra.key] = std::move(value);
  }
  return row;
}

Process ProcessOf(const Json& row) {
  Process process;
  for (const ProcessColumn& column : ProcessColumns()) {
    if (column.store == nullptr) continue;
    const auto found = row.find(std::string(column.key));
    if (found != row.end()) column.store(process, FromJson(*found));
  }
  for (const Extra& extra : kExtras) {
    const auto found = row.find(extra.key);
    if (found != row.end()) extra.set(process, *found);
  }
  return process;
}

std::optional<int64_t> PidOf(const Json& row) {
  const auto found = row.is_object() ? row.find("pid") : row.end();
  if (!row.is_object() || found == row.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

// What makes the new row of the old one.
Json Difference(const Json& before, const Json& now) {
  Json changed = {{"pid", now["pid"]}};
  for (const auto& [key, value] : now.items()) {
    const auto old = before.find(key);
    if (old == before.end() || *old != value) changed[key] = value;
  }
  for (const auto& [key, value] : before.items()) {
    if (!now.contains(key)) changed[key] = nullptr;
  }
  return changed;
}

double Number(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_number() ? found->get<double>() : 0;
}
uint64_t Bytes(const Json& object, const char* key) {
  const double number = Number(object, key);
  return number > 0 && number < 1.8e19 ? static_cast<uint64_t>(number) : 0;
}
int64_t Signed(const Json& object, const char* key) {
  const double number = Number(object, key);
  return std::abs(number) < kMaxWhole ? static_cast<int64_t>(number) : 0;
}

const Json& Member(const Json& object, const char* key) {
  static const Json kNothing;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : kNothing;
}

SystemMemory MemoryOf(const Json& system) {
  const Json& memory = Member(system, "memory");
  const Json& swap = Member(system, "swap");
  SystemMemory result;
  result.total = Bytes(memory, "total");
  result.used = Bytes(memory, "used");
  result.free = Bytes(memory, "free");
  result.shared = Bytes(memory, "shared");
  result.buffers = Bytes(memory, "buffers");
  result.cache = Bytes(memory, "cache");
  result.available = Bytes(memory, "available");
  result.swap_total = Bytes(swap, "total");
  result.swap_used = Bytes(swap, "used");
  result.swap_free = Bytes(swap, "free");
  return result;
}

Machine MachineOf(const Json& line) {
  const Json& system = Member(line, "system");
  Machine machine;
  machine.realtime_seconds = Number(line, "time");
  machine.monotonic_seconds = machine.realtime_seconds;
  machine.memory = MemoryOf(system);
  const Json& pressure = Member(system, "pressure");
  if (pressure.is_object()) {
    machine.pressure = Pressure{Number(pressure, "some_avg10"), 0, Number(pressure, "full_avg10"), 0};
  }
  const Json& heaps = Member(system, "heaps");
  machine.heaps = HeapTotals{Bytes(heaps, "processes"),   Signed(heaps, "live_bytes"), Signed(heaps, "cached"),
                             Signed(heaps, "fragmented"), Signed(heaps, "mapped"),     Bytes(heaps, "resident")};
  const Json& load = Member(system, "load");
  if (load.is_array() && load.size() == 3 && load[0].is_number() && load[1].is_number() && load[2].is_number()) {
    machine.load = LoadAverage{load[0].get<double>(), load[1].get<double>(), load[2].get<double>()};
  }
  if (Member(system, "uptime_seconds").is_number()) machine.uptime_seconds = Number(system, "uptime_seconds");
  machine.tasks = Bytes(system, "tasks");
  machine.hidden = Bytes(system, "hidden");
  return machine;
}

}  // namespace

struct FrameEncoder::Rows {
  std::map<int64_t, Json> by_pid;
};

FrameEncoder::FrameEncoder() : rows_(std::make_unique<Rows>()) {}
FrameEncoder::~FrameEncoder() = default;

std::string FrameEncoder::Encode(const Machine& machine, const std::vector<Process>& processes) {
  const bool whole = since_whole_ == 0;
  since_whole_ = (since_whole_ + 1) % kWholeEach;
  std::map<int64_t, Json> now;
  Json changed = Json::array();
  for (const Process& process : processes) {
    Json row = RowOf(process);
    const auto before = rows_->by_pid.find(process.pid);
    const bool is_new = whole || before == rows_->by_pid.end();
    Json difference = is_new ? row : Difference(before->second, row);
    if (is_new || difference.size() > 1) changed.push_back(std::move(difference));
    now.emplace(process.pid, std::move(row));
  }
  Json gone = Json::array();
  for (const auto& [pid, row] : rows_->by_pid) {
    if (!now.contains(pid)) gone.push_back(pid);
  }
  rows_->by_pid = std::move(now);
  Json line = Json::parse(TopJsonLine(machine, {}, {}));
  line["schema"] = whole ? "glassheap.top/1" : "glassheap.top_change/1";
  line.erase("processes");
  line[whole ? "processes" : "changed"] = std::move(changed);
  if (!whole) line["gone"] = std::move(gone);
  return line.dump() + "\n";
}

struct FrameDecoder::Rows {
  std::map<int64_t, Json> by_pid;
};

FrameDecoder::FrameDecoder() : rows_(std::make_unique<Rows>()) {}
FrameDecoder::~FrameDecoder() = default;

Result<RecordedFrame> FrameDecoder::Decode(std::string_view text) {
  const Json line = Json::parse(text, nullptr, false);
  const bool whole = Member(line, "schema") == "glassheap.top/1";
  if (!line.is_object() || (!whole && Member(line, "schema") != "glassheap.top_change/1")) {
    return Error{"", "not a frame of memtop"};
  }
  if (whole) rows_->by_pid.clear();
  const Json& rows = Member(line, whole ? "processes" : "changed");
  if (!rows.is_array()) return Error{"", "a frame without its processes"};
  for (const Json& row : rows) {
    if (const auto pid = PidOf(row)) rows_->by_pid[*pid].merge_patch(row);
  }
  const Json& gone = Member(line, "gone");
  for (const Json& pid : gone.is_array() ? gone : Json::array()) {
    if (pid.is_number_integer()) rows_->by_pid.erase(pid.get<int64_t>());
  }
  RecordedFrame frame;
  frame.machine = MachineOf(line);
  for (const auto& [pid, row] : rows_->by_pid) frame.processes.push_back(ProcessOf(row));
  return frame;
}

}  // namespace glassheap::tools
