// Tested by tests/tools/oomscore_watch_test.cc.

#include "tools/run/oom_watch.h"

#include <time.h>

#include <algorithm>
#include <charconv>

#include "tools/read/cgroup.h"

namespace glassheap::tools {
namespace {

double Now(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Of a record of the log, whose clock starts with the machine.
double RealtimeOf(const KernelLogRecord& record) {
  return Now(CLOCK_REALTIME) - std::max(0.0, Now(CLOCK_MONOTONIC) - record.seconds);
}

std::optional<uint64_t> KillsOfMachine(const Root& root) {
  const Result<std::string> text = root.ReadFile("proc/vmstat");
  if (!text) return std::nullopt;
  constexpr std::string_view kKey = "\noom_kill ";
  const size_t at = text->find(kKey);
  uint64_t kills = 0;
  if (at == std::string::npos) return std::nullopt;
  std::from_chars(text->data() + at + kKey.size(), text->data() + text->size(), kills);
  return kills;
}

}  // namespace

OomWatch::OomWatch(const Root& root, bool use_log) : root_(root), reader_(root), users_(root), regions_(root) {
  if (use_log) {
    Result<KernelLog> log = KernelLog::Open(root, KernelLog::From::kNow);
    log ? (void)log_.emplace(*std::move(log)) : (void)(why_no_log_ = log.error().Text());
  } else {
    why_no_log_ = "not wanted";
  }
  Look();
}

std::string OomWatch::CgroupOf(pid_t pid) const {
  const Result<std::string> text = root_.ReadFile("proc/" + std::to_string(pid) + "/cgroup");
  if (!text) return "";
  const CgroupMembership membership = ParseCgroupMembership(*text);
  return membership.memory_v1 ? *membership.memory_v1 : membership.unified.value_or("");
}

void OomWatch::Look() {
  looked_ = Now(CLOCK_MONOTONIC);
  const auto samples = reader_.ReadAll(kReadOomScoreAdj);
  if (!samples) return;
  std::unordered_map<pid_t, Seen> seen;
  std::vector<pid_t> running;
  for (const ProcessSample& sample : *samples) {
    if (!sample.status.has_memory()) continue;
    running.push_back(sample.pid);
    regions_.Look(sample.pid);
    const uint64_t memory = *sample.status.rss + sample.status.swap.value_or(0);
    seen[sample.pid] = {sample.status.name, log_ ? "" : CgroupOf(sample.pid), sample.status.uid, memory,
                        sample.oom_score_adj.value_or(0)};
  }
  // And those of the last look: what the log has of one that has just died is yet to be read.
  for (const auto& [pid, process] : seen_) running.push_back(pid);
  regions_.KeepOnly(running);
  seen_ = std::move(seen);
  if (!log_) ReadCounters(seen_);
}

void OomWatch::ReadCounters(const std::unordered_map<pid_t, Seen>& seen) {
  if (const auto kills = KillsOfMachine(root_)) counters_[""] = *kills;
  std::vector<std::string> paths;
  for (const auto& [path, kills] : counters_) paths.push_back(path);  // a cgroup may have lost its last process
  for (const auto& [pid, process] : seen) paths.push_back(process.cgroup);
  std::ranges::sort(paths);
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  for (const std::string& path : paths) {
    if (path.empty()) continue;
    const Result<MemoryCgroup> cgroup = ReadMemoryCgroupAt(root_, path);
    if (cgroup && cgroup->levels.front().oom_kills) counters_[path] = *cgroup->levels.front().oom_kills;
  }
}

std::vector<OomEvent> OomWatch::Take(double look_seconds) {
  std::vector<OomEvent> events;
  if (log_) TakeFromLog(events);
  if (Now(CLOCK_MONOTONIC) - looked_ < look_seconds) return events;
  const std::unordered_map<pid_t, Seen> before = seen_;
  const Counters old = counters_;
  Look();
  if (!log_) TakeFromCounters(before, old, events);
  return events;
}

void OomWatch::TakeFromLog(std::vector<OomEvent>& events) {
  while (const auto record = log_->Next()) {
    auto kill = parser_.Take(record->text);
    if (!kill) continue;
    OomEvent event;
    event.realtime_seconds = RealtimeOf(*record);
    event.kill = *std::move(kill);
    Complete(event);
    events.push_back(std::move(event));
  }
}

// What we knew of it before it died, where the kernel did not say.
void OomWatch::Complete(OomEvent& event) {
  const pid_t pid = *event.kill.pid;
  event.heap = regions_.HeapOf(pid);
  const auto seen = seen_.find(pid);
  if (!event.kill.uid && seen != seen_.end()) event.kill.uid = seen->second.uid;
  if (event.kill.uid) event.user = users_.Name(*event.kill.uid);
}

void OomWatch::TakeFromCounters(const std::unordered_map<pid_t, Seen>& before, const Counters& old,
                                std::vector<OomEvent>& events) {
  uint64_t counted = 0;
  for (const auto& [path, kills] : counters_) {
    const auto last = old.find(path);
    if (path.empty() || last == old.end() || kills <= last->second) continue;
    // v2 counts a kill in every ancestor: only where nobody below counted it.
    const bool below = std::ranges::any_of(counters_, [&](const auto& other) {
      const auto others_last = old.find(other.first);
      return other.first.starts_with(path + "/") && others_last != old.end() && other.second > others_last->second;
    });
    if (below) continue;
    events.push_back(Counted(path, kills - last->second, before));
    counted += kills - last->second;
  }
  const auto now = counters_.find("");
  const auto last = old.find("");
  if (now == counters_.end() || last == old.end() || now->second <= last->second + counted) return;
  events.push_back(Counted("", now->second - last->second - counted, before));
}

// The one with most memory among those that have vanished from there.
OomEvent OomWatch::Counted(const std::string& cgroup, uint64_t kills,
                           const std::unordered_map<pid_t, Seen>& before) const {
  OomEvent event;
  event.realtime_seconds = Now(CLOCK_REALTIME);
  event.told = false;
  event.kills = kills;
  if (!cgroup.empty()) event.kill.cgroup = event.kill.task_cgroup = cgroup;
  const Seen* likely = nullptr;
  for (const auto& [pid, process] : before) {
    if (seen_.contains(pid) || (!cgroup.empty() && process.cgroup != cgroup)) continue;
    if (likely != nullptr && process.memory <= likely->memory) continue;
    likely = &process;
    event.kill.pid = pid;
  }
  if (likely == nullptr) return event;
  event.kill.name = likely->name;
  event.kill.uid = likely->uid;
  event.kill.oom_score_adj = likely->oom_score_adj;
  return event;
}

Result<std::vector<OomEvent>> PastOomKills(const Root& root) {
  Result<KernelLog> log = KernelLog::Open(root, KernelLog::From::kOldest);
  if (!log) return log.error();
  Users users(root);
  OomLog parser;
  std::vector<OomEvent> events;
  while (const auto record = log->Next()) {
    auto kill = parser.Take(record->text);
    if (!kill) continue;
    OomEvent event;
    event.realtime_seconds = RealtimeOf(*record);
    event.kill = *std::move(kill);
    if (event.kill.uid) event.user = users.Name(*event.kill.uid);
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace glassheap::tools
