// Tested by tests/tools/run/oom_survey_test.cc.

#include "tools/run/oom_survey.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "tools/model/machine.h"
#include "tools/model/process_table.h"
#include "tools/read/cgroup.h"
#include "tools/read/process_reader.h"
#include "tools/read/shared_memory.h"
#include "tools/read/users.h"
#include "tools/run/system_memory.h"

namespace glassheap::tools {
namespace {

constexpr char kNodes[] = "sys/devices/system/node/";

int ReadSetting(const Root& root, const char* name) {
  const Result<std::string> text = root.ReadFile(std::string("proc/sys/vm/") + name);
  int value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// What comes behind "KEY:" on a line of a status file.
std::string_view LineOf(std::string_view text, std::string_view key) {
  size_t at = text.find("\n" + std::string(key) + ":");
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size() + 2);
  text = text.substr(0, text.find('\n'));
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

// The memory nodes that a process may use: its cpuset's.
std::vector<unsigned> NodesOf(const Root& root, pid_t pid) {
  const Result<std::string> text = root.ReadFile("proc/" + std::to_string(pid) + "/status");
  return text ? ParseNodeList(LineOf(*text, "Mems_allowed_list")) : std::vector<unsigned>();
}

std::vector<unsigned> NodesWithMemory(const Root& root) {
  const Result<std::string> text = root.ReadFile(std::string(kNodes) + "has_memory");
  return text ? ParseNodeList(*text) : std::vector<unsigned>();
}

// "Node 0 MemTotal:  24684084 kB".
uint64_t NodeBytes(const Root& root, unsigned node) {
  const Result<std::string> text = root.ReadFile(kNodes + ("node" + std::to_string(node)) + "/meminfo");
  if (!text) return 0;
  const size_t at = text->find("MemTotal:");
  if (at == std::string::npos) return 0;
  const size_t digits = text->find_first_of("0123456789", at);
  uint64_t kib = 0;
  if (digits != std::string::npos) std::from_chars(text->data() + digits, text->data() + text->size(), kib);
  return kib * 1024;
}

bool Meet(const std::vector<unsigned>& a, const std::vector<unsigned>& b) {
  if (a.empty() || b.empty()) return true;  // not known: not left out
  return std::ranges::any_of(a, [&](unsigned node) { return std::ranges::find(b, node) != b.end(); });
}

bool Covers(const std::vector<unsigned>& all, const std::vector<unsigned>& part) {
  return std::ranges::all_of(part, [&](unsigned node) { return std::ranges::find(all, node) != all.end(); });
}

std::vector<std::string> Arguments(const Root& root, pid_t pid) {
  const Result<std::string> text = root.ReadFile("proc/" + std::to_string(pid) + "/cmdline", kMaxCommandLine);
  std::vector<std::string> arguments;
  if (!text) return arguments;
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\0', at), text->size());
    arguments.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  return arguments;
}

bool ProcessExists(const Root& root, pid_t pid) { return root.OpenDirectory("proc/" + std::to_string(pid)).ok(); }

Error NoSuchProcess(pid_t pid) { return Error{"pid " + std::to_string(pid), "no such process", ESRCH}; }

// How much of it may be swapped out. v1 limits memory and swap together, or not at all.
uint64_t SwapOf(const CgroupLevel& level, const SystemMemory& memory) {
  if (level.swappiness == 0) return 0;
  uint64_t allowed = level.swap_limit.value_or(UINT64_MAX);
  if (level.memsw_limit) allowed = *level.memsw_limit - std::min(*level.memsw_limit, *level.limit);
  return std::min(allowed, memory.swap_total);
}

OomDomain MakeDomain(const MemoryCgroup& cgroup, const SystemMemory& memory) {
  const CgroupLevel& own = cgroup.levels.front();
  OomDomain domain{OomDomain::Kind::kCgroup, own.path, WholeMachine(memory), std::nullopt, own.usage};
  if (!own.limit) return domain;
  const uint64_t swap = SwapOf(own, memory);
  const uint64_t page = domain.scope.page_bytes;
  domain.scope.total_pages = std::max<uint64_t>(1, *own.limit / page + swap / page);
  domain.limit = *own.limit + swap;
  return domain;
}

// One survey: what it has read so far.
class Survey {
 public:
  Survey(const Root& root, const SystemMemory& memory) : root_(root), memory_(memory), reader_(root), users_(root) {}

  Result<OomForecast> Run(const ForecastRequest& request) {
    if (auto error = ChooseDomain(request)) return *std::move(error);
    if (auto error = ReadTasks()) return *std::move(error);
    LeaveOutOtherNodes();
    Count();
    NameSharedMemory();
    ReadPolicy();
    FindGuards();
    forecast_.deaths = ForetellDeaths(tasks_, request.count, forecast_.domain.scope.rule);
    ReadCommandLines();
    return std::move(forecast_);
  }

 private:
  std::optional<Error> ChooseDomain(const ForecastRequest& request) {
    forecast_.domain.scope = WholeMachine(memory_);
    forecast_.domain.limit = memory_.total + memory_.swap_total;
    forecast_.domain.usage = memory_.used + memory_.swap_used;
    forecast_.allocating = request.allocating;
    if (request.cgroup) return ChooseCgroup(*request.cgroup);
    return request.allocating ? ChooseNodes(*request.allocating) : std::nullopt;
  }

  std::optional<Error> ChooseCgroup(const std::string& wanted) {
    const Result<MemoryCgroup> cgroup = FindMemoryCgroup(root_, wanted);
    if (!cgroup) return cgroup.error();
    forecast_.domain = MakeDomain(*cgroup, memory_);
    forecast_.policy.kill_disabled = cgroup->levels.front().oom_kill_disable == 1;
    FindTighter(cgroup->levels);
    return std::nullopt;
  }

  // The ancestor that would be full before it.
  void FindTighter(const std::vector<CgroupLevel>& levels) {
    uint64_t room = UINT64_MAX;
    for (const CgroupLevel& level : levels) {
      if (!level.limit || !level.usage) continue;
      const uint64_t its_room = *level.limit - std::min(*level.limit, *level.usage);
      if (its_room < room && &level != &levels.front()) forecast_.tighter = level.path;
      room = std::min(room, its_room);
    }
  }

  std::optional<Error> ChooseNodes(pid_t pid) {
    if (!ProcessExists(root_, pid)) return NoSuchProcess(pid);
    const std::vector<unsigned> all = NodesWithMemory(root_);
    nodes_ = NodesOf(root_, pid);
    if (all.empty() || nodes_.empty() || Covers(nodes_, all)) return std::nullopt;
    uint64_t bytes = memory_.swap_total;
    std::string names;
    for (const unsigned node : nodes_) {
      bytes += NodeBytes(root_, node);
      names += (names.empty() ? "" : ",") + std::to_string(node);
    }
    forecast_.domain.kind = OomDomain::Kind::kNodes;
    forecast_.domain.name = names;
    forecast_.domain.limit = bytes;
    forecast_.domain.usage.reset();
    forecast_.domain.scope.total_pages = std::max<uint64_t>(1, bytes / forecast_.domain.scope.page_bytes);
    return std::nullopt;
  }

  void AddTask(const ProcessSample& sample) {
    OomTask& task = tasks_.emplace_back();
    task.process = DescribeProcess(sample, forecast_.domain.scope, users_);
    if (!sample.status.has_memory()) return;
    const Result<std::string> text = root_.ReadFile("proc/" + std::to_string(sample.pid) + "/cgroup");
    if (!text) return;
    const CgroupMembership membership = ParseCgroupMembership(*text);
    if (membership.memory_v1 || !membership.unified) return;  // only v2 kills cgroups whole
    task.cgroup = *membership.unified;
    task.kill_group = KillGroup(task.cgroup);
  }

  std::optional<Error> ReadTasks() {
    if (forecast_.domain.kind == OomDomain::Kind::kCgroup) return ReadTasksOfCgroup();
    const auto samples = reader_.ReadAll(kReadOomScoreAdj);
    if (!samples) return samples.error();
    for (const ProcessSample& sample : *samples) AddTask(sample);
    return std::nullopt;
  }

  std::optional<Error> ReadTasksOfCgroup() {
    Result<std::vector<pid_t>> pids = ListCgroupProcesses(root_, forecast_.domain.name);
    if (!pids) return pids.error();
    std::ranges::sort(*pids);
    for (const pid_t pid : *pids) {
      if (const auto sample = reader_.ReadOne(pid, kReadOomScoreAdj)) AddTask(*sample);
    }
    return std::nullopt;
  }

  // memory.oom.group: the highest cgroup that has it, up to the one that is full.
  std::optional<std::string> KillGroup(const std::string& cgroup) {
    const auto known = kill_groups_.find(cgroup);
    if (known != kill_groups_.end()) return known->second;
    std::optional<std::string> highest;
    if (const auto read = ReadMemoryCgroupAt(root_, cgroup)) {
      for (const CgroupLevel& level : read->levels) {
        if (level.oom_group == 1) highest = level.path;
        if (level.path == forecast_.domain.name) break;
      }
    }
    return kill_groups_[cgroup] = highest;
  }

  // As the kernel: what may use none of the nodes that ran out gives nothing back. OOMs of cgroups do not ask.
  void LeaveOutOtherNodes() {
    if (forecast_.domain.kind == OomDomain::Kind::kCgroup || NodesWithMemory(root_).size() < 2) return;
    const std::vector<unsigned> all = NodesWithMemory(root_);
    std::erase_if(tasks_, [&](const OomTask& task) {
      const std::vector<unsigned> nodes = NodesOf(root_, task.process.pid);
      if (!Covers(nodes, all)) forecast_.nodes_matter = true;
      const bool left_out = task.process.rss && !Meet(nodes, nodes_);
      if (left_out) ++forecast_.on_other_nodes;
      return left_out;
    });
  }

  void Count() {
    for (const OomTask& task : tasks_) {
      if (task.process.badness) ++forecast_.candidates;
      if (!task.process.badness && task.process.rss) ++forecast_.spared;
    }
  }

  // Only those of the same size can be the same memory.
  void NameSharedMemory() {
    if (!root_.is_machine()) return;
    std::map<std::tuple<uint64_t, uint64_t, uint64_t>, std::vector<OomTask*>> by_size;
    for (OomTask& task : tasks_) {
      const Process& process = task.process;
      if (process.rss) {
        by_size[{*process.rss, process.swap.value_or(0), process.page_tables.value_or(0)}].push_back(&task);
      }
    }
    uint64_t names = 0;
    for (const auto& [size, tasks] : by_size) {
      if (tasks.size() < 2) continue;
      std::vector<pid_t> pids;
      for (const OomTask* task : tasks) pids.push_back(task->process.pid);
      const std::vector<uint64_t> ids = IdentifySharedMemory(pids);
      for (size_t i = 0; i < ids.size(); ++i) tasks[i]->memory_id = ids[i] == 0 ? 0 : names + ids[i];
      names += tasks.size();
    }
  }

  void ReadPolicy() {
    forecast_.policy.panic_on_oom = ReadSetting(root_, "panic_on_oom");
    forecast_.policy.kill_allocating_task = ReadSetting(root_, "oom_kill_allocating_task") != 0;
    // There is always a pid 1, and its status is for all to read.
    forecast_.others_hidden = root_.is_machine() && !root_.ReadFile("proc/1/status");
  }

  std::vector<Process> ProcessesOfMachine() {
    std::vector<Process> processes;
    if (forecast_.domain.kind == OomDomain::Kind::kMachine) {
      for (const OomTask& task : tasks_) processes.push_back(task.process);
      return processes;
    }
    const auto samples = reader_.ReadAll(kReadOomScoreAdj);
    if (!samples) return processes;
    for (const ProcessSample& sample : *samples) {
      processes.push_back(DescribeProcess(sample, WholeMachine(memory_), users_));
    }
    return processes;
  }

  // Those that act on one process know nothing of cgroups.
  void FindGuards() {
    const std::vector<Process> processes = ProcessesOfMachine();
    for (const Process& process : processes) {
      if (!process.rss || !IsOomGuard(process.name)) continue;
      if (forecast_.domain.kind == OomDomain::Kind::kCgroup && process.name == "earlyoom") continue;
      const std::string conf = root_.ReadFile("etc/systemd/oomd.conf").optional().value_or("");
      forecast_.guards.push_back(DescribeGuard(process, Arguments(root_, process.pid), conf, processes));
    }
  }

  void ReadCommandLines() {
    for (OomDeath& death : forecast_.deaths) {
      const std::string file = "proc/" + std::to_string(death.process.pid) + "/cmdline";
      const Result<std::string> text = root_.ReadFile(file, kMaxCommandLine);
      if (text) death.process.command_line = JoinCommandLine(*text);
    }
  }

  const Root& root_;
  const SystemMemory memory_;
  ProcessReader reader_;
  Users users_;
  std::vector<unsigned> nodes_;  // that run out; empty: all
  std::unordered_map<std::string, std::optional<std::string>> kill_groups_;
  std::vector<OomTask> tasks_;
  OomForecast forecast_;
};

}  // namespace

Result<MemoryCgroup> FindMemoryCgroup(const Root& root, const std::string& path_or_pid) {
  pid_t pid = 0;
  const char* end = path_or_pid.data() + path_or_pid.size();
  const auto parsed = std::from_chars(path_or_pid.data(), end, pid);
  if (parsed.ec != std::errc() || parsed.ptr != end) return ReadMemoryCgroupAt(root, path_or_pid);
  if (!ProcessExists(root, pid)) return NoSuchProcess(pid);
  return ReadMemoryCgroup(root, pid);
}

Result<OomDomain> DomainOfCgroup(const Root& root, const std::string& path_or_pid) {
  const Result<SystemMemory> memory = ReadSystemMemory(root);
  if (!memory) return memory.error();
  const Result<MemoryCgroup> cgroup = FindMemoryCgroup(root, path_or_pid);
  if (!cgroup) return cgroup.error();
  return MakeDomain(*cgroup, *memory);
}

Result<std::vector<pid_t>> ListProcessesOfCgroup(const Root& root, const std::string& path_or_pid) {
  const Result<MemoryCgroup> cgroup = FindMemoryCgroup(root, path_or_pid);
  if (!cgroup) return cgroup.error();
  Result<std::vector<pid_t>> pids = ListCgroupProcesses(root, cgroup->levels.front().path);
  if (pids) std::ranges::sort(*pids);
  return pids;
}

Result<OomForecast> ForecastOom(const Root& root, const ForecastRequest& request) {
  const Result<SystemMemory> memory = ReadSystemMemory(root);
  if (!memory) return memory.error();
  return Survey(root, *memory).Run(request);
}

}  // namespace glassheap::tools
