// Tested by tests/tools/view/top/rows_test.cc.

#include "tools/view/top/rows.h"

#include <algorithm>
#include <unordered_map>

namespace glassheap::tools {
namespace {

using Members = std::vector<const Process*>;

void Sort(Members& members, const ProcessSort& sort) {
  std::vector<std::pair<ProcessValue, const Process*>> keys;
  keys.reserve(members.size());
  for (const Process* process : members) keys.emplace_back(sort.column->value(*process), process);
  std::stable_sort(keys.begin(), keys.end(),
                   [&](const auto& a, const auto& b) { return ComesBefore(a.first, b.first, sort.largest_first); });
  std::ranges::transform(keys, members.begin(), [](const auto& key) { return key.second; });
}

Process MakeThread(const Process& process, const ProcessThread& thread) {
  Process row;
  row.pid = thread.tid;
  row.ppid = process.pid;
  row.user = process.user;
  row.name = thread.name;
  row.command_line = thread.name;
  row.state = thread.state;
  row.allocated_per_second = thread.allocated_per_second;
  if (thread.cached) {
    row.heap.emplace();
    row.heap->cached = static_cast<int64_t>(std::min<uint64_t>(*thread.cached, INT64_MAX));
  }
  return row;
}

class Builder {
 public:
  Builder(const TopState& state, Glyphs glyphs) : state_(state), unicode_(glyphs == Glyphs::kUnicode) {}

  void AddProcess(const Process& process, std::string branch) {
    result_.rows.push_back({&process, TopRow::Kind::kProcess, branch});
    if (!state_.settings.threads) return;
    for (const ProcessThread& thread : process.thread_list) {
      if (thread.tid == process.pid) continue;  // the first thread is the process' own row
      result_.made.push_back(MakeThread(process, thread));
      result_.rows.push_back({&result_.made.back(), TopRow::Kind::kThread, std::string(branch.size(), ' ') + "  "});
    }
  }

  void AddGroups(const Members& members) {
    for (Process& group : GroupProcesses(members, state_.settings.group)) result_.made.push_back(std::move(group));
    Members groups;
    for (const Process& group : result_.made) groups.push_back(&group);
    Sort(groups, state_.settings.sort);
    for (const Process* group : groups) result_.rows.push_back({group, TopRow::Kind::kGroup, ""});
  }

  // Every process below its parent; one whose parent is not shown is a root.
  void AddTree(const Members& members) {
    for (const Process* process : members) shown_.emplace(process->pid, process);
    Members roots;
    for (const Process* process : members) {
      const bool has_parent = process->ppid && *process->ppid != process->pid && shown_.contains(*process->ppid);
      (has_parent ? children_[*process->ppid] : roots).push_back(process);
    }
    for (const Process* root : roots) AddBranch(*root, "", "");
    // What is left is part of a circle, which only a broken tree of files has.
    for (const Process* process : members) {
      if (!visited_.contains(process->pid)) AddBranch(*process, "", "");
    }
  }

  TopRows Take() { return std::move(result_); }

 private:
  void AddBranch(const Process& process, const std::string& own, const std::string& below) {
    struct Step {
      const Process* process;
      std::string own, below;
    };
    std::vector<Step> steps = {{&process, own, below}};  // not recursive: a chain may be as long as there are pids
    while (!steps.empty()) {
      const Step step = std::move(steps.back());
      steps.pop_back();
      if (!visited_.emplace(step.process->pid, true).second) continue;
      const auto found = children_.find(step.process->pid);
      const bool parent = found != children_.end();
      const bool collapsed = parent && state_.collapsed.contains(step.process->pid);
      AddProcess(*step.process, step.own + (collapsed ? "+ " : ""));
      if (!parent) continue;
      const Members& children = found->second;
      for (size_t i = children.size(); i-- > 0;) {
        if (collapsed) {
          Hide(*children[i]);
          continue;
        }
        const bool last = i + 1 == children.size();
        steps.push_back({children[i], step.below + Corner(last), step.below + (last ? "   " : Bar())});
      }
    }
  }

  void Hide(const Process& top) {
    Members hidden = {&top};
    while (!hidden.empty()) {
      const Process* process = hidden.back();
      hidden.pop_back();
      if (!visited_.emplace(process->pid, true).second) continue;
      const auto found = children_.find(process->pid);
      if (found != children_.end()) hidden.insert(hidden.end(), found->second.begin(), found->second.end());
    }
  }

  const char* Corner(bool last) const {
    if (unicode_) return last ? "└─ " : "├─ ";
    return last ? "`- " : "|- ";
  }
  const char* Bar() const { return unicode_ ? "│  " : "|  "; }

  const TopState& state_;
  bool unicode_;
  TopRows result_;
  std::unordered_map<pid_t, const Process*> shown_;
  std::unordered_map<pid_t, Members> children_;
  std::unordered_map<pid_t, bool> visited_;
};

}  // namespace

bool IsWanted(const Process& process, const TopState& state) {
  if (process.kernel_thread && !state.settings.kernel_threads) return false;
  if (!state.pids.empty() && std::ranges::find(state.pids, process.pid) == state.pids.end()) return false;
  if (!state.user.empty() && process.user != state.user) return false;
  if (!state.text_filter.empty() && !MatchesText(state.text_filter, process)) return false;
  return std::ranges::all_of(state.filters, [&](const ProcessFilter& filter) { return Matches(filter, process); });
}

TopRows MakeRows(const TopFrame& frame, const TopState& state) {
  Members members;
  members.reserve(frame.processes.size());
  for (const Process& process : frame.processes) {
    if (IsWanted(process, state)) members.push_back(&process);
  }
  Builder builder(state, state.glyphs);
  if (state.settings.group != GroupBy::kNone) {
    builder.AddGroups(members);
    return builder.Take();
  }
  Sort(members, state.settings.sort);
  if (state.settings.tree) {
    builder.AddTree(members);
  } else {
    for (const Process* process : members) builder.AddProcess(*process, "");
  }
  return builder.Take();
}

}  // namespace glassheap::tools
