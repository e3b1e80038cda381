// Tested by tests/tools/view/json_test.cc.

#include "tools/view/json.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "tools/view/json_history.h"
#include "tools/view/json_resident.h"
#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json TiersJson(const HeapTiers& tiers) {
  Json json;
  for (const Tier& tier : kTiers) json[tier.key] = tiers.*tier.value;
  json["mapped"] = tiers.mapped;
  json["residual"] = tiers.residual;
  return json;
}

Json KernelJson(const ProcessStatus& status) {
  return {{"rss", OrNull(status.rss)},
          {"rss_anon", OrNull(status.rss_anon)},
          {"rss_file", OrNull(status.rss_file)},
          {"rss_shmem", OrNull(status.rss_shmem)},
          {"swap", OrNull(status.swap)}};
}

Json ClassesJson(const std::vector<HeapClass>& classes) {
  Json json = Json::array();
  for (const HeapClass& one : classes) {
    if (one.spans == 0) continue;
    json.push_back({{"size", one.size},
                    {"live_objects", one.live_objects},
                    {"spans", one.spans},
                    {"slots", one.slots},
                    {"thread_cache_objects", one.thread_cache_objects},
                    {"transfer_cache_objects", one.transfer_cache_objects},
                    {"central_objects", one.central_objects}});
  }
  return json;
}

Json ThreadsJson(const std::vector<HeapThread>& threads) {
  Json json = Json::array();
  for (const HeapThread& thread : threads) {
    json.push_back({{"tid", thread.tid},
                    {"thread_cache_free", thread.thread_cache_free},
                    {"allocated_bytes_total", thread.allocated_bytes_total}});
  }
  return json;
}

std::string Line(const Json& json) { return json.dump() + "\n"; }

}  // namespace

std::string HeapJson(const HeapReport& report) {
  const bool published = report.heap.source == TierSource::kPublished;
  const HeapInterval& live = report.heap.live;
  Json json;
  json["schema"] = "glassheap.heap/1";
  json["pid"] = report.pid;
  json["command"] = SanitizeUtf8(report.status.name);
  json["tier"] = TierName(report.heap.source);
  json["hardened"] = report.heap.hardened;
  json["split_bound"] = report.heap.split_bound;
  json["skew_bound"] = report.heap.skew_bound;
  json["heap_interval"] = published ? Json{{"live_bytes", {live.low, live.high}}} : Json(nullptr);
  json["heap"] = TiersJson(report.heap.now);
  json["kernel"] = KernelJson(report.status);
  AddResidentJson(report, json);
  json["classes"] = ClassesJson(report.heap.classes);
  json["threads"] = ThreadsJson(report.heap.threads);
  if (report.history) json["history"] = HistoryJson(*report.history);
  if (report.history) json["live_growth"] = GrowthJson(*report.history);
  return Line(json);
}

std::string RunJson(const RunReport& report) {
  Json json;
  json["schema"] = "glassheap.run/1";
  json["command"] = SanitizeUtf8(report.command);
  json["exit_status"] = OrNull(report.exit_status);
  json["term_signal"] = OrNull(report.term_signal);
  json["wall_seconds"] = report.wall_seconds;
  json["user_seconds"] = report.user_seconds;
  json["system_seconds"] = report.system_seconds;
  json["max_rss"] = report.max_rss;
  json["minor_faults"] = report.minor_faults;
  json["major_faults"] = report.major_faults;
  json["preloaded"] = report.preloaded;
  json["not_preloaded_because"] = report.preloaded ? Json(nullptr) : Json(SanitizeUtf8(report.not_preloaded_because));
  json["hardened"] = report.heap && report.heap->hardened;
  json["heap"] = report.heap ? TiersJson(report.heap->now) : Json(nullptr);
  json["peak"] = report.peak ? TiersJson(report.peak->tiers) : Json(nullptr);
  json["peak_seconds"] = report.peak ? Json(report.peak->seconds) : Json(nullptr);
  json["other_processes"] = report.other_processes;
  json["live_growth"] = GrowthJson(report.history);
  json["history"] = HistoryJson(report.history);
  return Line(json);
}

std::string CoreJson(const CoreReport& report) {
  Json json;
  json["schema"] = "glassheap.core/1";
  json["pid"] = OrNull(report.pid);
  json["command"] = SanitizeUtf8(report.name);
  json["arguments"] = SanitizeUtf8(report.arguments);
  json["term_signal"] = OrNull(report.signal);
  json["tier"] = TierName(report.heap.source);
  json["split_bound"] = report.heap.split_bound;
  json["heap"] = TiersJson(report.heap.now);
  json["peak"] = report.heap.peak ? TiersJson(report.heap.peak->tiers) : Json(nullptr);
  json["peak_seconds"] = report.heap.peak ? Json(report.heap.peak->seconds) : Json(nullptr);
  json["classes"] = ClassesJson(report.heap.classes);
  json["threads"] = ThreadsJson(report.heap.threads);
  json["live_growth"] = GrowthJson(report.history);
  json["history"] = HistoryJson(report.history);
  return Line(json);
}

}  // namespace glassheap::tools
