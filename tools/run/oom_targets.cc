// Tested by tests/tools/run/oom_targets_test.cc.

#include "tools/run/oom_targets.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "tools/read/process_reader.h"
#include "tools/run/oom_survey.h"

namespace glassheap::tools {
namespace {

constexpr size_t kCommBytes = 15;  // the kernel cuts names there

// argv[0] without its folders: what pidof compares besides comm.
std::string_view ProgramName(std::string_view command_line) {
  const std::string_view program = command_line.substr(0, command_line.find(' '));
  return program.substr(program.rfind('/') + 1);
}

bool IsNamed(const ProcessSample& sample, const std::string& name) {
  if (name.empty()) return false;
  return sample.status.name == name.substr(0, kCommBytes) || ProgramName(sample.command_line) == name;
}

class Finder {
 public:
  Finder(const Root& root, std::vector<ProcessSample> samples) : root_(root), samples_(std::move(samples)) {}

  Targets Find(const TargetRequest& request) {
    for (const pid_t pid : request.pids) Add({pid, std::nullopt});
    for (const std::string& name : request.names) AddNamed(name);
    for (const std::string& group : request.groups) AddGroup(group);
    if (request.with_descendants) AddDescendants();
    return std::move(targets_);
  }

 private:
  void Add(Target target) {
    if (seen_.insert(target.pid).second) targets_.found.push_back(target);
  }

  // Returns whether it is one that may be set.
  bool AddFound(const ProcessSample& sample) {
    if (!sample.status.has_memory() || sample.init) return false;
    if (root_.is_machine() && sample.pid == ::getpid()) return false;
    std::optional<uint64_t> start;
    if (sample.stat) start = sample.stat->start_ticks;
    Add({sample.pid, start});
    return true;
  }

  void AddNamed(const std::string& name) {
    bool any = false;
    for (const ProcessSample& sample : samples_) {
      if (IsNamed(sample, name) && AddFound(sample)) any = true;
    }
    if (!any) targets_.missing.push_back({name.empty() ? "''" : name, "no process has this name"});
  }

  void AddGroup(const std::string& group) {
    const Result<std::vector<pid_t>> pids = ListProcessesOfCgroup(root_, group);
    if (!pids) {
      targets_.missing.push_back(pids.error());
      return;
    }
    const std::unordered_set<pid_t> members(pids->begin(), pids->end());
    bool any = false;
    for (const ProcessSample& sample : samples_) {
      if (members.contains(sample.pid) && AddFound(sample)) any = true;
    }
    if (!any) targets_.missing.push_back({group, "there is no process in this cgroup"});
  }

  // What is found is looked at in turn, so children of children come too.
  void AddDescendants() {
    std::unordered_multimap<pid_t, const ProcessSample*> children;
    for (const ProcessSample& sample : samples_) {
      if (sample.status.ppid) children.emplace(*sample.status.ppid, &sample);
    }
    for (size_t i = 0; i < targets_.found.size(); ++i) {
      const auto [first, last] = children.equal_range(targets_.found[i].pid);
      for (auto child = first; child != last; ++child) AddFound(*child->second);
    }
  }

  const Root& root_;
  const std::vector<ProcessSample> samples_;
  std::unordered_set<pid_t> seen_;
  Targets targets_;
};

}  // namespace

Result<Targets> FindTargets(const Root& root, const TargetRequest& request) {
  const bool look = request.with_descendants || !request.names.empty() || !request.groups.empty();
  if (!look) return Finder(root, {}).Find(request);
  Result<std::vector<ProcessSample>> samples = ProcessReader(root).ReadAll(kReadStat | kReadCommandLine);
  if (!samples) return samples.error();
  return Finder(root, *std::move(samples)).Find(request);
}

}  // namespace glassheap::tools
