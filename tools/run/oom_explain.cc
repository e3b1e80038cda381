// Tested by tests/tools/oomscore_explain_test.cc.

#include "tools/run/oom_explain.h"

#include <algorithm>
#include <cerrno>

#include "tools/model/machine.h"
#include "tools/model/process_table.h"
#include "tools/read/cgroup.h"
#include "tools/read/process_reader.h"
#include "tools/run/oom_survey.h"
#include "tools/run/system_memory.h"

namespace glassheap::tools {
namespace {

Error NoSuchProcess(pid_t pid) { return {"pid " + std::to_string(pid), "no such process", ESRCH}; }

std::string CgroupsOf(const Root& root, pid_t pid) {
  return root.ReadFile("proc/" + std::to_string(pid) + "/cgroup").optional().value_or("");
}

std::vector<Process> Describe(const std::vector<ProcessSample>& samples, const OomScope& scope, Users& users) {
  std::vector<Process> processes;
  for (const ProcessSample& sample : samples) processes.push_back(DescribeProcess(sample, scope, users));
  return processes;
}

// The nearest cgroup with a limit, and its processes among the samples.
std::optional<OomStanding> StandingInCgroup(const Root& root, pid_t pid, std::vector<ProcessSample> samples,
                                            Users& users) {
  const Result<MemoryCgroup> cgroup = ReadMemoryCgroup(root, pid);
  if (!cgroup) return std::nullopt;
  const auto level = std::ranges::find_if(cgroup->levels, [](const CgroupLevel& one) { return one.limit.has_value(); });
  if (level == cgroup->levels.end()) return std::nullopt;
  const auto domain = DomainOfCgroup(root, level->path);
  const auto pids = ListCgroupProcesses(root, level->path);
  if (!domain || !pids) return std::nullopt;
  std::erase_if(samples,
                [&](const ProcessSample& sample) { return std::ranges::find(*pids, sample.pid) == pids->end(); });
  return StandingOf(Describe(samples, domain->scope, users), pid, *domain);
}

}  // namespace

Result<OomExplanation> ExplainOom(const Root& root, pid_t pid) {
  const Result<SystemMemory> memory = ReadSystemMemory(root);
  if (!memory) return memory.error();
  ProcessReader reader(root);
  const auto samples = reader.ReadAll(kReadOomScoreAdj);
  if (!samples) return samples.error();
  const auto sample = std::ranges::find(*samples, pid, &ProcessSample::pid);
  if (sample == samples->end()) return NoSuchProcess(pid);
  if (sample->status.kernel_thread) {
    return Error{"pid " + std::to_string(pid), "a kernel thread: the kernel never kills it"};
  }
  Users users(root);
  OomDomain machine;
  machine.scope = WholeMachine(*memory);
  machine.limit = memory->total + memory->swap_total;
  const std::vector<Process> processes = Describe(*samples, machine.scope, users);
  OomExplanation explanation{*StandingOf(processes, pid, machine), StandingInCgroup(root, pid, *samples, users), ""};
  OomOriginClues clues{sample->status.name, sample->oom_score_adj.value_or(0), "", std::nullopt};
  const std::string cgroups = CgroupsOf(root, pid);
  clues.cgroups = cgroups;
  const auto parent = std::ranges::find(processes, sample->status.ppid.value_or(0), &Process::pid);
  if (parent != processes.end()) clues.parent = *parent;
  explanation.origin = GuessOomOrigin(clues);
  return explanation;
}

Result<OomPlace> FindOomPlace(const Root& root, pid_t pid) {
  ProcessReader reader(root);
  const auto sample = reader.ReadOne(pid, kReadOomScoreAdj);
  if (!sample) return NoSuchProcess(pid);
  if (sample->status.kernel_thread) {
    return Error{"pid " + std::to_string(pid), "a kernel thread: the kernel never kills it"};
  }
  return OomPlace{pid, sample->status.name, sample->oom_score_adj.value_or(0), CgroupsOf(root, pid)};
}

}  // namespace glassheap::tools
