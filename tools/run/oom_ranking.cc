// Tested by tests/tools/run/oom_ranking_test.cc.

#include "tools/run/oom_ranking.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "tools/model/machine.h"
#include "tools/model/process_table.h"
#include "tools/read/cgroup_path.h"
#include "tools/read/oom_scan.h"
#include "tools/read/process_reader.h"
#include "tools/read/shared_memory.h"
#include "tools/run/oom_survey.h"

namespace glassheap::tools {
namespace {

constexpr size_t kCommBytes = 15;  // the kernel cuts names there

unsigned FilesFor(unsigned needs) {
  unsigned files = kReadOomScoreAdj;
  if (needs & kNeedsStat) files |= kReadStat;
  if (needs & kNeedsCommandLine) files |= kReadCommandLine;
  if (needs & kNeedsHeap) files |= kReadRegion;
  return files;
}

bool AnyOf(const std::vector<std::string>& list, const std::string& text) {
  return list.empty() || std::ranges::find(list, text) != list.end();
}

class Ranking {
 public:
  Ranking(const Root& root, const RankingRequest& request)
      : root_(root), request_(request), files_(FilesFor(request.needs)), reader_(root), users_(root) {}

  Result<OomRanking> Run() {
    const Result<SystemMemory> memory = ReadSystemMemory(root_);
    if (!memory) return memory.error();
    ranking_.memory = *memory;
    if (auto error = FindUsers()) return *std::move(error);
    // A second look at each row costs as much as the first: only where rows are few.
    const bool few =
        request_.count != SIZE_MAX || !request_.pids.empty() || !request_.users.empty() || !request_.names.empty();
    const auto samples = few ? ScanForOom(root_) : reader_.ReadAll(files_);
    if (!samples) return samples.error();
    std::vector<Process> processes = Ranked(*samples);
    FindMissing(processes);
    Select(processes);
    SortProcesses(processes, *ParseProcessSort("rss"));
    SortProcesses(processes, request_.sort);
    for (Process& process : processes) ranking_.rows.push_back({std::move(process), "", 0, std::nullopt});
    if (request_.tree) MakeTree();
    Cut();
    if (few) AddDetails();
    for (RankingRow& row : ranking_.rows) row.cgroup = CgroupOf(row.process);
    if (request_.tree) FindSharedMemory();
    return std::move(ranking_);
  }

 private:
  std::optional<Error> FindUsers() {
    for (const std::string& name : request_.users) {
      const auto uid = users_.Find(name);
      if (!uid) return Error{"-u " + name, "no such user"};
      user_names_.push_back(users_.Name(*uid));
    }
    for (const std::string& name : request_.names) names_.push_back(name.substr(0, kCommBytes));
    return std::nullopt;
  }

  std::vector<Process> Ranked(const std::vector<ProcessSample>& samples) {
    std::vector<Process> processes;
    processes.reserve(samples.size());
    const OomScope scope = WholeMachine(ranking_.memory);
    for (const ProcessSample& sample : samples) processes.push_back(DescribeProcess(sample, scope, users_));
    RankProcesses(processes);
    for (const Process& process : processes) ranking_.ranked += process.rank.has_value();
    return processes;
  }

  void FindMissing(const std::vector<Process>& processes) {
    for (const pid_t pid : request_.pids) {
      if (std::ranges::find(processes, pid, &Process::pid) == processes.end()) ranking_.missing.push_back(pid);
    }
  }

  void Select(std::vector<Process>& processes) const {
    const std::unordered_set<pid_t> pids(request_.pids.begin(), request_.pids.end());
    std::erase_if(processes, [&](const Process& process) {
      if (!pids.empty() && !pids.contains(process.pid)) return true;
      if (!AnyOf(user_names_, process.user) || !AnyOf(names_, process.name)) return true;
      return pids.empty() && !request_.all && !process.rss;  // kernel threads and zombies
    });
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

  void Cut() {
    if (ranking_.rows.size() <= request_.count) return;
    ranking_.left_out = ranking_.rows.size() - request_.count;
    ranking_.rows.erase(ranking_.rows.begin() + static_cast<ptrdiff_t>(request_.count), ranking_.rows.end());
  }

  void AddDetails() {
    if ((files_ & ~static_cast<unsigned>(kReadOomScoreAdj)) == 0) return;
    for (RankingRow& row : ranking_.rows) {
      const auto sample = reader_.ReadOne(row.process.pid, files_);
      if (!sample || sample->status.name != row.process.name) continue;  // it has ended
      Process detailed = DescribeProcess(*sample, WholeMachine(ranking_.memory), users_);
      row.process.command_line = std::move(detailed.command_line);
      row.process.heap = detailed.heap;
    }
  }

  std::string CgroupOf(const Process& process) const {
    if (!process.rss) return "";
    const Result<std::string> text = root_.ReadFile("proc/" + std::to_string(process.pid) + "/cgroup");
    if (!text) return "";
    const CgroupMembership membership = ParseCgroupMembership(*text);
    return membership.memory_v1.value_or(membership.unified.value_or(""));
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
  ProcessReader reader_;
  Users users_;
  std::vector<std::string> user_names_;
  std::vector<std::string> names_;
  OomRanking ranking_;
};

}  // namespace

Result<OomRanking> RankForOom(const Root& root, const RankingRequest& request) { return Ranking(root, request).Run(); }

}  // namespace glassheap::tools
