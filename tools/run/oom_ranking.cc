// Tested by tests/tools/run/oom_ranking_test.cc.

#include "tools/run/oom_ranking.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "tools/model/machine.h"
#include "tools/model/process_heap.h"
#include "tools/model/process_table.h"
#include "tools/read/oom_scan.h"
#include "tools/read/process_extras.h"
#include "tools/read/shared_memory.h"
#include "tools/read/users.h"
#include "tools/run/system_memory.h"

namespace glassheap::tools {
namespace {

constexpr size_t kCommBytes = 15;  // the kernel cuts names there

unsigned FilesFor(unsigned needs) {
  unsigned files = 0;
  if (needs & kNeedsCommandLine) files |= kReadCommandLine;
  if (needs & kNeedsCgroup) files |= kReadCgroup;
  if (needs & kNeedsHeap) files |= kReadRegion;
  return files;
}

// A process in the order, before anything is made of it that only a row needs.
struct Candidate {
  const OomSample* sample = nullptr;
  std::optional<int64_t> badness;  // pages
  uint64_t rank = 0;               // 0: never killed
};

// Of two equals the kernel kills the later, or the earlier before 5.9. Those that are never killed come last, by RSS.
bool DiesBefore(const Candidate& a, const Candidate& b, OomRule rule) {
  if (a.badness != b.badness) return a.badness > b.badness;  // nothing is less than anything
  const bool later_first = a.badness && rule == OomRule::kSince5_9;
  if (!a.badness && a.sample->status.rss != b.sample->status.rss) return a.sample->status.rss > b.sample->status.rss;
  return later_first ? a.sample->pid > b.sample->pid : a.sample->pid < b.sample->pid;
}

class Ranking {
 public:
  Ranking(const Root& root, const RankingRequest& request)
      : root_(root), request_(request), files_(FilesFor(request.needs)), users_(root) {}

  Result<OomRanking> Run() {
    const Result<SystemMemory> memory = ReadSystemMemory(root_);
    if (!memory) return memory.error();
    ranking_.memory = *memory;
    if (auto error = FindUsers()) return *std::move(error);
    Result<std::vector<OomSample>> samples = ScanForOom(root_, ScanOptions());
    if (!samples) return samples.error();
    samples_ = *std::move(samples);
    std::vector<Candidate> candidates = Ranked();
    FindMissing();
    std::erase_if(candidates, [&](const Candidate& candidate) { return !IsWanted(*candidate.sample); });
    const bool in_order = request_.sort.column->key == "rank" && !request_.sort.largest_first;
    if (in_order && !request_.tree) {
      Cut(candidates);  // nothing more is read of those that are not shown
      MakeRows(Described(candidates));
    } else {
      std::vector<Process> processes = Described(candidates);
      SortProcesses(processes, *ParseProcessSort("rss"));
      SortProcesses(processes, request_.sort);
      MakeRows(std::move(processes));
      if (request_.tree) MakeTree();
      Cut(ranking_.rows);
    }
    if (request_.tree) FindSharedMemory();
    return std::move(ranking_);
  }

 private:
  // Kernel threads are shown when everything is, or they are named by pid.
  OomScanOptions ScanOptions() const {
    return {.kernel_threads = request_.all || !request_.pids.empty(), .exact_counts = ranking_.memory.exact_counts};
  }

  std::optional<Error> FindUsers() {
    for (const std::string& name : request_.users) {
      const auto uid = users_.Find(name);
      if (!uid) return Error{"-u " + name, "no such user"};
      uids_.insert(*uid);
    }
    for (const std::string& name : request_.names) names_.push_back(name.substr(0, kCommBytes));
    pids_.insert(request_.pids.begin(), request_.pids.end());
    return std::nullopt;
  }

  std::vector<Candidate> Ranked() {
    const OomScope scope = WholeMachine(ranking_.memory);
    std::vector<Candidate> candidates;
    candidates.reserve(samples_.size());
    for (const OomSample& sample : samples_) candidates.push_back({&sample, BadnessPages(sample, scope), 0});
    std::ranges::sort(candidates, [&](const Candidate& a, const Candidate& b) { return DiesBefore(a, b, scope.rule); });
    for (Candidate& candidate : candidates) {
      if (candidate.badness) candidate.rank = ++ranking_.ranked;
    }
    return candidates;
  }

  void FindMissing() {
    for (const pid_t pid : request_.pids) {
      if (!std::ranges::binary_search(samples_, pid, {}, &OomSample::pid)) ranking_.missing.push_back(pid);
    }
  }

  bool IsWanted(const OomSample& sample) const {
    const ProcessStatus& status = sample.status;
    if (!pids_.empty() && !pids_.contains(sample.pid)) return false;
    if (!uids_.empty() && !(status.uid && uids_.contains(*status.uid))) return false;
    if (!names_.empty() && std::ranges::find(names_, status.name) == names_.end()) return false;
    return !pids_.empty() || request_.all || status.rss;  // else kernel threads and zombies
  }

  std::vector<Process> Described(const std::vector<Candidate>& candidates) {
    std::vector<Process> processes;
    processes.reserve(candidates.size());
    const OomScope scope = WholeMachine(ranking_.memory);
    for (const Candidate& candidate : candidates) {
      processes.push_back(DescribeProcess(*candidate.sample, scope, users_));
      if (candidate.rank > 0) processes.back().rank = candidate.rank;
    }
    AddExtras(candidates, processes);
    return processes;
  }

  // A region is shared memory that its owner has written to. Without swap that stays resident, and where status counts
  // exactly it is seen there: two system calls less of each of the others.
  bool MayHoldRegion(const ProcessStatus& status) const {
    const bool would_show = ranking_.memory.exact_counts && ranking_.memory.swap_total == 0;
    return !would_show || status.rss_shmem != 0;
  }

  void AddExtras(const std::vector<Candidate>& candidates, std::vector<Process>& processes) {
    std::vector<ExtrasRequest> requests;
    for (const Candidate& candidate : candidates) {
      const ProcessStatus& status = candidate.sample->status;
      if (!status.rss) continue;
      const pid_t pid = candidate.sample->pid;
      requests.push_back({pid, status.innermost_pid.value_or(pid), MayHoldRegion(status), candidate.sample->cgroups});
    }
    std::vector<ProcessExtras> extras = ReadProcessExtras(root_, requests, files_);
    auto next = extras.begin();
    for (Process& process : processes) {
      if (!process.rss) continue;
      process.command_line = std::move(next->command_line);
      process.cgroup = std::move(next->cgroup);
      if (next->region) process.heap = SummarizeHeap(*next->region);
      ++next;
    }
  }

  void MakeRows(std::vector<Process> processes) {
    for (Process& process : processes) ranking_.rows.push_back({std::move(process), 0, std::nullopt});
  }

  // Rows keep their order among siblings; one whose parent is not shown is at the top.
  void MakeTree() {
    std::unordered_map<pid_t, std::vector<size_t>> children;
    std::unordered_set<pid_t> shown;
    for (const RankingRow& row : ranking_.rows) shown.insert(row.process.pid);
    std::vector<std::pair<size_t, size_t>> waiting;  // index and depth, the next last
    for (size_t i = ranking_.rows.size(); i-- > 0;) {
      const Process& process = ranking_.rows[i].process;
      const bool below = process.ppid && *process.ppid != process.pid && shown.contains(*process.ppid);
      below ? children[*process.ppid].push_back(i) : (void)waiting.emplace_back(i, 0);
    }
    std::vector<RankingRow> tree;
    while (!waiting.empty()) {
      const auto [index, depth] = waiting.back();
      waiting.pop_back();
      RankingRow& row = tree.emplace_back(std::move(ranking_.rows[index]));
      row.depth = depth;
      for (const size_t child : children[row.process.pid]) waiting.emplace_back(child, depth + 1);
    }
    ranking_.rows = std::move(tree);
  }

  template <typename Row>
  void Cut(std::vector<Row>& rows) {
    if (rows.size() <= request_.count) return;
    ranking_.left_out = rows.size() - request_.count;
    rows.erase(rows.begin() + static_cast<ptrdiff_t>(request_.count), rows.end());
  }

  void FindSharedMemory() {
    if (!root_.is_machine()) return;
    std::vector<pid_t> pids;
    for (const RankingRow& row : ranking_.rows) {
      if (row.process.rss) pids.push_back(row.process.pid);
    }
    const std::vector<uint64_t> ids = IdentifySharedMemory(pids);
    std::map<uint64_t, pid_t> first;
    std::unordered_map<pid_t, pid_t> shares;
    for (size_t i = 0; i < pids.size(); ++i) {
      if (ids[i] == 0) continue;
      const auto [entry, added] = first.emplace(ids[i], pids[i]);
      if (!added) shares[pids[i]] = entry->second;
    }
    for (RankingRow& row : ranking_.rows) {
      if (const auto found = shares.find(row.process.pid); found != shares.end()) row.shares_with = found->second;
    }
  }

  const Root& root_;
  const RankingRequest& request_;
  const unsigned files_;
  Users users_;
  std::unordered_set<pid_t> pids_;
  std::unordered_set<uid_t> uids_;
  std::vector<std::string> names_;
  std::vector<OomSample> samples_;
  OomRanking ranking_;
};

}  // namespace

Result<OomRanking> RankForOom(const Root& root, const RankingRequest& request) { return Ranking(root, request).Run(); }

}  // namespace glassheap::tools
