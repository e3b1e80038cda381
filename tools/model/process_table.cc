// Tested by tests/tools/model/process_table_test.cc.

#include "tools/model/process_table.h"

#include <algorithm>

#include "tools/model/process_heap.h"

namespace glassheap::tools {
namespace {

constexpr double kTicksPerSecond = 100;  // USER_HZ: the same on every machine that Linux runs on today
constexpr double kWindowSeconds = 60;
constexpr double kPointSeconds = 5;       // 12 points a window are enough to see a trend
constexpr double kShortestSeconds = 0.9;  // below this a slope is noise
constexpr size_t kSustainedPoints = 4;
constexpr uint64_t kSustainedBytes = 1 << 20;  // less is no growth to warn of

std::optional<double> Rate(std::optional<uint64_t> before, std::optional<uint64_t> now, double seconds) {
  if (!before || !now || *now < *before || seconds <= 0) return std::nullopt;
  return static_cast<double>(*now - *before) / seconds;
}

int ClampedAdj(int score_adj) { return std::clamp(score_adj, kOomScoreAdjMin, kOomScoreAdjMax); }

}  // namespace

Process DescribeProcess(const ProcessSample& sample, const OomScope& scope, Users& users) {
  Process process =
      DescribeProcess(OomSample{sample.pid, sample.init, sample.oom_score_adj, sample.status}, scope, users);
  process.incarnation = sample.incarnation;
  process.command_line = sample.command_line;
  process.cgroup = sample.cgroup;
  for (const ThreadSample& thread : sample.threads) {
    process.thread_list.push_back({thread.tid, thread.name, thread.state, {}, {}});
  }
  if (sample.region) process.heap = SummarizeHeap(*sample.region);
  if (sample.region && !process.thread_list.empty()) AddThreadCaches(*sample.region, process.thread_list);
  return process;
}

Process DescribeProcess(const OomSample& sample, const OomScope& scope, Users& users) {
  const ProcessStatus& status = sample.status;
  Process process;
  process.pid = sample.pid;
  process.ppid = status.ppid;
  if (status.uid) process.user = users.Name(*status.uid);
  process.name = status.name;
  process.state = status.state;
  process.kernel_thread = status.kernel_thread;
  process.threads = status.threads;
  process.rss = status.rss;
  process.rss_anon = status.rss_anon;
  process.rss_file = status.rss_file;
  process.rss_shmem = status.rss_shmem;
  process.swap = status.swap;
  process.page_tables = status.page_tables;
  process.oom_score_adj = sample.oom_score_adj;
  if (!sample.oom_score_adj) return process;
  process.oom_adj = LegacyFromScoreAdj(ClampedAdj(*sample.oom_score_adj));
  const auto badness = BadnessPages(sample, scope);
  process.oom_score = OomScore(badness, scope);
  if (badness) process.badness = *badness * static_cast<int64_t>(scope.page_bytes);
  return process;
}

std::optional<int64_t> BadnessPages(const OomSample& sample, const OomScope& scope) {
  if (!sample.oom_score_adj) return std::nullopt;
  const ProcessStatus& status = sample.status;
  return OomBadnessPages({.unkillable = sample.init || status.kernel_thread,
                          .rss = status.rss,
                          .swap = status.swap.value_or(0),
                          .page_tables = status.page_tables.value_or(0),
                          .score_adj = ClampedAdj(*sample.oom_score_adj)},
                         scope);
}

void RankProcesses(std::vector<Process>& processes) {
  std::vector<Process*> order;
  for (auto process = processes.rbegin(); process != processes.rend(); ++process) {
    if (process->badness) order.push_back(&*process);
  }
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return *a->badness > *b->badness; });
  for (size_t i = 0; i < order.size(); ++i) order[i]->rank = i + 1;
}

std::vector<Process> ProcessTable::Update(const std::vector<ProcessSample>& samples, const OomScope& scope,
                                          Users& users, double now_seconds) {
  std::vector<Process> processes;
  processes.reserve(samples.size());
  for (const ProcessSample& sample : samples) {
    Process& process = processes.emplace_back(DescribeProcess(sample, scope, users));
    AddRates(sample, now_seconds, process);
  }
  std::erase_if(past_, [&](const auto& entry) { return entry.second.seconds != now_seconds; });
  RankProcesses(processes);
  return processes;
}

void ProcessTable::AddRates(const ProcessSample& sample, double now, Process& process) {
  Past& past = past_[sample.pid];
  if (past.incarnation != sample.incarnation) past = Past{};
  past.incarnation = sample.incarnation;
  std::optional<uint64_t> minor, major, allocated, ticks;
  if (sample.stat) ticks = sample.stat->user_ticks + sample.stat->system_ticks;
  if (ticks) process.cpu_seconds = static_cast<double>(*ticks) / kTicksPerSecond;
  if (const auto rate = Rate(past.ticks, ticks, now - past.seconds))
    process.cpu_percent = *rate / kTicksPerSecond * 100;
  if (sample.stat) minor = sample.stat->minor_faults;
  if (sample.stat) major = sample.stat->major_faults;
  if (process.heap) allocated = process.heap->allocated_total;
  const double seconds = now - past.seconds;
  process.minor_faults_per_second = Rate(past.minor_faults, minor, seconds);
  process.major_faults_per_second = Rate(past.major_faults, major, seconds);
  process.allocated_per_second = Rate(past.allocated, allocated, seconds);
  past.minor_faults = minor;
  past.major_faults = major;
  past.allocated = allocated;
  past.ticks = ticks;
  past.seconds = now;
  AddGrowth(past, now, process);
}

void ProcessTable::AddGrowth(Past& past, double now, Process& process) {
  if (!process.rss) return;
  const uint64_t bytes = *process.rss + process.swap.value_or(0);
  auto& points = past.points;
  while (points.size() > 1 && points[1].seconds <= now - kWindowSeconds) points.erase(points.begin());
  if (!points.empty() && now - points.front().seconds >= kShortestSeconds) {
    const double grown = static_cast<double>(bytes) - static_cast<double>(points.front().bytes);
    process.growth_per_minute = grown * 60 / (now - points.front().seconds);
  }
  if (points.empty() || now - points.back().seconds >= kPointSeconds) points.push_back({now, bytes});
  process.growth_sustained = points.size() >= kSustainedPoints && bytes >= points.front().bytes + kSustainedBytes &&
                             std::ranges::is_sorted(points, {}, &Point::bytes) && points.back().bytes <= bytes;
}

}  // namespace glassheap::tools
