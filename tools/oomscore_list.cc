// oomscore without a command: processes in the order in which the kernel would kill them.
//
// Tested by tests/tools/oomscore_test.cc.

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/model/machine.h"
#include "tools/model/process_table.h"
#include "tools/oomscore_commands.h"
#include "tools/read/process_reader.h"
#include "tools/run/oom_survey.h"
#include "tools/view/json_processes.h"
#include "tools/view/oom_list.h"

namespace glassheap::tools {
namespace {

// As typed.
struct ListOptions {
  std::vector<std::string> pids;
  std::string count;
  bool all = false;
  bool json = false;
};

// Of the terminal, 0 elsewhere: what goes to a file or a pipe is not cut.
size_t OutputWidth() {
  winsize size{};
  return ::isatty(STDOUT_FILENO) && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// In the order of dying; the never-killed after them, the largest first.
Result<std::vector<Process>> ReadRanked(const Root& root, const SystemMemory& memory) {
  ProcessReader reader(root);
  const auto samples = reader.ReadAll(kReadOomScoreAdj | kReadCommandLine | kReadRegion);
  if (!samples) return samples.error();
  Users users(root);
  std::vector<Process> processes = ProcessTable().Update(*samples, WholeMachine(memory), users, 0);
  SortProcesses(processes, *ParseProcessSort("rss"));
  SortProcesses(processes, *ParseProcessSort("rank"));
  return processes;
}

// Prints an error for each pid that is not among the processes. Returns the exit code.
int ReportMissing(const std::vector<pid_t>& pids, const std::vector<Process>& processes) {
  int exit_code = kExitOk;
  for (const pid_t pid : pids) {
    const bool there = std::ranges::any_of(processes, [&](const Process& process) { return process.pid == pid; });
    if (!there) exit_code = Failed(kOomscore, Error{"pid " + std::to_string(pid), "no such process"});
  }
  return exit_code;
}

void Select(const ListOptions& options, const std::vector<pid_t>& pids, size_t count, std::vector<Process>& processes) {
  std::erase_if(processes, [&](const Process& process) {
    if (!pids.empty()) return std::ranges::find(pids, process.pid) == pids.end();
    return !options.all && !process.rss;  // kernel threads and zombies
  });
  if (processes.size() > count)
    processes.erase(processes.begin() + static_cast<std::ptrdiff_t>(count), processes.end());
}

int List(const Root& root, const ListOptions& options) {
  const Result<std::vector<pid_t>> pids = ParsePids(options.pids);
  if (!pids) return Failed(kOomscore, pids.error(), kExitUsage);
  const auto count = options.count.empty() ? SIZE_MAX : ParseNumber<size_t>(options.count);
  if (!count) return Failed(kOomscore, Error{"-n " + options.count, "not a number of processes"}, kExitUsage);
  const Result<SystemMemory> memory = ReadSystemMemory(root);
  if (!memory) return Failed(kOomscore, memory.error());
  Result<std::vector<Process>> processes = ReadRanked(root, *memory);
  if (!processes) return Failed(kOomscore, processes.error());
  const int exit_code = ReportMissing(*pids, *processes);
  Select(options, *pids, *count, *processes);
  const std::string text = options.json ? OomJson(*processes, OomJsonFields())
                           : processes->empty() && !pids->empty()
                               ? ""
                               : OomHeadline(*memory) + OomTable(*processes, OutputWidth());
  return WriteOutput(kOomscore, text).value_or(exit_code);
}

}  // namespace

ToolAction SetUpOomList(CLI::App& app) {
  auto options = std::make_shared<ListOptions>();
  app.add_option("PID", options->pids, "only these processes");
  app.add_option("-n", options->count, "only the first N")->type_name("N");
  app.add_flag("-a,--all", options->all, "kernel threads and zombies too");
  app.add_flag("-J,--json", options->json, "JSON, bytes as whole numbers");
  return [options](const ToolInput& input) { return List(input.root, *options); };
}

}  // namespace glassheap::tools
