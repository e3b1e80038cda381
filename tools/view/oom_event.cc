// Tested by tests/tools/view/oom_event_test.cc.

#include "tools/view/oom_event.h"

#include <time.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/view/sanitize.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;

std::string LocalTime(double realtime_seconds) {
  const auto seconds = static_cast<time_t>(realtime_seconds);
  tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[32];
  const size_t length = ::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return std::string(text, length);
}

std::string Who(const OomEvent& event) {
  const OomKill& kill = event.kill;
  if (!kill.pid)
    return event.kills > 1 ? std::to_string(event.kills) + " processes were killed" : "a process was killed";
  std::string who = "pid " + std::to_string(*kill.pid) + " (" + SanitizeText(kill.name) + ")";
  if (!event.user.empty()) who += " of " + SanitizeText(event.user);
  who += event.told ? " was killed" : " was probably killed (it has vanished)";
  if (event.kills > 1) who += ", and " + std::to_string(event.kills - 1) + " more";
  return who;
}

std::string Where(const OomKill& kill) {
  if (!kill.cgroup) return ": memory ran out";
  std::string where = ": memory cgroup " + SanitizeText(*kill.cgroup) + " was full";
  if (kill.limit) where += ", its limit is " + FineBytes(*kill.limit);
  if (kill.task_cgroup && *kill.task_cgroup != *kill.cgroup) where += "; it was in " + SanitizeText(*kill.task_cgroup);
  return where;
}

std::string Had(const OomKill& kill) {
  if (!kill.anon) return "";
  std::string had = "; it had " + FineBytes(*kill.anon) + " of its own";
  if (kill.file) had += ", " + FineBytes(*kill.file) + " of files";
  if (kill.shmem && *kill.shmem > 0) had += ", " + FineBytes(*kill.shmem) + " shared";
  if (kill.oom_score_adj) had += ", oom_score_adj " + std::to_string(*kill.oom_score_adj);
  return had;
}

std::string HeapAtDeath(const ProcessHeap& heap) {
  return "; its heap at death: live " + FineSignedBytes(heap.live) + ", cached " + FineSignedBytes(heap.cached) +
         ", fragmented " + FineSignedBytes(heap.fragmented) + ", of that " + FineSignedBytes(heap.page_heap_free) +
         " could have been released";
}

template <typename Value>
Json OrNull(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json TextOrNull(const std::optional<std::string>& text) { return text ? Json(SanitizeUtf8(*text)) : Json(nullptr); }

Json HeapJson(const std::optional<ProcessHeap>& heap) {
  if (!heap) return nullptr;
  return {{"live_bytes", heap->live},       {"cached", heap->cached},
          {"fragmented", heap->fragmented}, {"page_heap_free", heap->page_heap_free},
          {"released", heap->released},     {"mapped", heap->mapped}};
}

}  // namespace

std::string OomEventText(const OomEvent& event) {
  std::string line = LocalTime(event.realtime_seconds) + " " + Who(event) + Where(event.kill) + Had(event.kill);
  if (event.heap) line += HeapAtDeath(*event.heap);
  return line + "\n";
}

std::string OomEventJsonLine(const OomEvent& event) {
  const OomKill& kill = event.kill;
  const Json json = {
      {"schema", "glassheap.oom_event/1"},
      {"time", std::round(event.realtime_seconds * 1000) / 1000},
      {"pid", OrNull(kill.pid)},
      {"command", kill.name.empty() ? Json(nullptr) : Json(SanitizeUtf8(kill.name))},
      {"user", event.user.empty() ? Json(nullptr) : Json(SanitizeUtf8(event.user))},
      {"cgroup", TextOrNull(kill.cgroup)},
      {"limit", OrNull(kill.limit)},
      {"task_cgroup", TextOrNull(kill.task_cgroup)},
      {"rss_anon", OrNull(kill.anon)},
      {"rss_file", OrNull(kill.file)},
      {"rss_shmem", OrNull(kill.shmem)},
      {"page_tables", OrNull(kill.page_tables)},
      {"oom_score_adj", OrNull(kill.oom_score_adj)},
      {"told_by_kernel", event.told},
      {"kills", event.kills},
      {"heap", HeapJson(event.heap)},
  };
  return json.dump() + "\n";
}

}  // namespace glassheap::tools
