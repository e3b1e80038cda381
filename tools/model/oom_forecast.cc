// Tested by tests/tools/model/oom_forecast_test.cc.

#include "tools/model/oom_forecast.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace glassheap::tools {
namespace {

constexpr unsigned kMaxNodes = 1024;

bool DiesWith(const OomTask& task, const OomTask& victim) {
  if (victim.memory_id != 0 && task.memory_id == victim.memory_id) return true;
  if (!victim.kill_group || !IsWithinCgroup(task.cgroup, *victim.kill_group)) return false;
  return task.process.badness.has_value();  // -1000 and init survive their cgroup
}

OomDeath KillWith(const OomTask& victim, std::vector<OomTask>& alive) {
  OomDeath death{victim.process, FreedBytes(victim.process), {}, victim.kill_group};
  std::unordered_set<uint64_t> freed = {victim.memory_id};
  std::erase_if(alive, [&](const OomTask& task) {
    if (task.process.pid == victim.process.pid) return true;
    if (!DiesWith(task, victim)) return false;
    death.also.push_back(task.process.pid);
    const bool counted = task.memory_id != 0 && !freed.insert(task.memory_id).second;
    if (!counted) death.frees_bytes += FreedBytes(task.process);
    return true;
  });
  return death;
}

}  // namespace

bool IsWithinCgroup(std::string_view path, std::string_view ancestor) {
  if (ancestor == "/") return true;
  return path.starts_with(ancestor) && (path.size() == ancestor.size() || path[ancestor.size()] == '/');
}

uint64_t FreedBytes(const Process& process) {
  return process.rss_anon.value_or(process.rss.value_or(0)) + process.swap.value_or(0) +
         process.page_tables.value_or(0);
}

std::vector<OomDeath> ForetellDeaths(std::vector<OomTask> tasks, size_t count, OomRule rule) {
  const auto beats = [rule](const Process& later, const Process& worst) {
    return rule == OomRule::kSince5_9 ? *later.badness >= *worst.badness : *later.badness > *worst.badness;
  };
  std::vector<OomDeath> deaths;
  while (deaths.size() < count) {
    const OomTask* worst = nullptr;
    for (const OomTask& task : tasks) {
      if (!task.process.badness) continue;
      if (worst == nullptr || beats(task.process, worst->process)) worst = &task;
    }
    if (worst == nullptr) break;
    deaths.push_back(KillWith(OomTask(*worst), tasks));
  }
  return deaths;
}

std::vector<unsigned> ParseNodeList(std::string_view text) {
  std::vector<unsigned> nodes;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at < end) {
    unsigned first = 0;
    auto stop = std::from_chars(at, end, first);
    if (stop.ec != std::errc()) break;
    unsigned last = first;
    if (stop.ptr < end && *stop.ptr == '-') stop = std::from_chars(stop.ptr + 1, end, last);
    if (stop.ec != std::errc()) break;
    for (unsigned node = first; node <= last && node < kMaxNodes; ++node) nodes.push_back(node);
    if (stop.ptr == end || *stop.ptr != ',') break;
    at = stop.ptr + 1;
  }
  return nodes;
}

}  // namespace glassheap::tools
