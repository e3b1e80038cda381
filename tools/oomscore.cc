// oomscore: who would be killed first when memory runs out, and how to change it. Flags, one sample, one table, out.
//
// Tested by tests/tools/oomscore_test.cc.

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <vector>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/model/machine.h"
#include "tools/model/oom_setting.h"
#include "tools/model/process_table.h"
#include "tools/read/meminfo.h"
#include "tools/read/oom_adjustment.h"
#include "tools/read/process_reader.h"
#include "tools/view/json_processes.h"
#include "tools/view/oom_list.h"

namespace glassheap::tools {
namespace {

constexpr char kName[] = "oomscore";
constexpr int kExitNotExecutable = 126;  // as shells have it
constexpr int kExitNotFound = 127;

constexpr char kAbout[] =
    "Who would be killed first when memory runs out, and how to change it.\n"
    "Processes are listed in the order in which the kernel would kill them.";

// As typed.
struct Options {
  std::vector<std::string> pids;
  std::string count;
  bool all = false;
  bool json = false;
  std::string root;
  std::string score_adj;
  std::string legacy_adj;
  std::vector<std::string> command;  // what stood after --
};

int Fail(const Error& error, int exit_code) {
  PrintError(kName, error);
  return exit_code;
}

template <typename Number>
std::optional<Number> ParseNumber(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

Result<std::vector<pid_t>> ParsePids(const std::vector<std::string>& texts) {
  std::vector<pid_t> pids;
  for (const std::string& text : texts) {
    const auto pid = ParseNumber<pid_t>(text);
    if (!pid || *pid <= 0) return Error{text.empty() ? "''" : text, "not a process id"};
    pids.push_back(*pid);
  }
  return pids;
}

// Of the terminal, 0 elsewhere: what goes to a file or a pipe is not cut.
size_t OutputWidth() {
  winsize size{};
  return ::isatty(STDOUT_FILENO) && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

Root OpenRoot(const Options& options) { return options.root.empty() ? Root::FromEnvironment() : Root(options.root); }

Result<SystemMemory> ReadMemory(const Root& root) {
  const Result<std::string> text = root.ReadFile("proc/meminfo");
  if (!text) return text.error();
  const auto memory = MakeSystemMemory(ParseMeminfo(*text));
  if (!memory) return Error{root.PathOf("proc/meminfo"), "has no MemTotal"};
  return *memory;
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
    if (!there) exit_code = Fail(Error{"pid " + std::to_string(pid), "no such process"}, kExitFailure);
  }
  return exit_code;
}

void Select(const Options& options, const std::vector<pid_t>& pids, size_t count, std::vector<Process>& processes) {
  std::erase_if(processes, [&](const Process& process) {
    if (!pids.empty()) return std::ranges::find(pids, process.pid) == pids.end();
    return !options.all && !process.rss;  // kernel threads and zombies
  });
  if (processes.size() > count)
    processes.erase(processes.begin() + static_cast<std::ptrdiff_t>(count), processes.end());
}

int List(const Options& options) {
  const Result<std::vector<pid_t>> pids = ParsePids(options.pids);
  if (!pids) return Fail(pids.error(), kExitUsage);
  const auto count = options.count.empty() ? SIZE_MAX : ParseNumber<size_t>(options.count);
  if (!count) return Fail(Error{"-n " + options.count, "not a number of processes"}, kExitUsage);
  const Root root = OpenRoot(options);
  const Result<SystemMemory> memory = ReadMemory(root);
  if (!memory) return Fail(memory.error(), kExitFailure);
  Result<std::vector<Process>> processes = ReadRanked(root, *memory);
  if (!processes) return Fail(processes.error(), kExitFailure);
  const int exit_code = ReportMissing(*pids, *processes);
  Select(options, *pids, *count, *processes);
  const std::string text = options.json ? OomJson(*processes, OomJsonFields())
                           : processes->empty() && !pids->empty()
                               ? ""
                               : OomHeadline(*memory) + OomTable(*processes, OutputWidth());
  return WriteOutput(kName, text).value_or(exit_code);
}

Result<OomSetting> ParseSetting(const Options& options, const CLI::App& command) {
  const bool score = command.count("--adj") > 0;
  const bool legacy = command.count("--oom-adj") > 0;
  if (score && legacy) return Error{"--adj and --oom-adj", "two scales for one thing; give one"};
  if (!score && !legacy) return Error{command.get_name(), "which value? give --adj N or --oom-adj N"};
  return score ? ParseScoreAdj(options.score_adj) : ParseLegacyAdj(options.legacy_adj);
}

Result<OomChange> SetOne(const Root& root, Users& users, pid_t pid, const OomSetting& setting) {
  const Result<OomAdjustment> adjustment = OomAdjustment::Open(root, users, pid);
  if (!adjustment) return adjustment.error();
  const Result<int> before = adjustment->Read();
  if (!before) return before.error();
  const Result<int> after = adjustment->Write(setting.score_adj);
  if (!after) return after.error();
  return OomChange{pid, adjustment->name(), *before, *after};
}

int Set(const Options& options, const CLI::App& command) {
  const Result<OomSetting> setting = ParseSetting(options, command);
  if (!setting) return Fail(setting.error(), kExitUsage);
  const Result<std::vector<pid_t>> pids = ParsePids(options.pids);
  if (!pids) return Fail(pids.error(), kExitUsage);
  if (pids->empty()) return Fail(Error{"set", "of which process? give its PID"}, kExitUsage);
  const Root root = OpenRoot(options);
  Users users(root);
  int exit_code = kExitOk;
  std::vector<OomChange> changes;
  for (const pid_t pid : *pids) {
    const Result<OomChange> change = SetOne(root, users, pid, *setting);
    if (change) {
      changes.push_back(*change);
    } else {
      exit_code = Fail(change.error(), kExitFailure);
    }
  }
  return WriteOutput(kName, options.json ? OomChangesJson(changes) : OomChangesText(changes, *setting))
      .value_or(exit_code);
}

int Execute(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  const bool missing = errno == ENOENT;
  const Error error = missing ? Error{command[0], "command not found"} : Error::FromErrno(command[0], errno);
  return Fail(error, missing ? kExitNotFound : kExitNotExecutable);
}

int Run(const Options& options, const CLI::App& command) {
  const Result<OomSetting> setting = ParseSetting(options, command);
  if (!setting) return Fail(setting.error(), kExitUsage);
  const std::vector<std::string> words = options.command.empty() ? command.remaining() : options.command;
  if (words.empty()) return Fail(Error{"run", "which command? give it after --"}, kExitUsage);
  if (options.command.empty() && words[0].starts_with('-'))
    return Fail(Error{words[0], "not an option here; see --help"}, kExitUsage);
  const Root root;
  Users users(root);
  const Result<int> kept = SetOwnOomAdjustment(root, users, setting->score_adj);
  if (!kept) return Fail(kept.error(), kExitFailure);
  return Execute(words);
}

// Cuts "-- COMMAND..." off the arguments of run: CLI11 would look for our
// options in it.
std::vector<std::string> TakeCommand(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] != "run") return {};
  const auto mark = std::ranges::find(arguments, "--");
  if (mark == arguments.end()) return {};
  std::vector<std::string> command(mark + 1, arguments.end());
  arguments.erase(mark, arguments.end());
  return command;
}

void AddSettingOptions(CLI::App& command, Options& options) {
  command.add_option("--adj", options.score_adj, "oom_score_adj, -1000 (never killed) to 1000")->type_name("N");
  command.add_option("--oom-adj", options.legacy_adj, "the same on the legacy scale, -17 (never killed) to 15")
      ->type_name("N");
}

int Main(std::vector<std::string> arguments) {
  Options options;
  options.command = TakeCommand(arguments);
  CLI::App app(kAbout);
  SetUpArguments(app, kName);
  app.add_option("PID", options.pids, "only these processes");
  app.add_option("-n", options.count, "only the first N")->type_name("N");
  app.add_flag("-a,--all", options.all, "kernel threads and zombies too");
  app.add_flag("-J,--json", options.json, "JSON, bytes as whole numbers");

  app.add_option("--root", options.root, "read DIR/proc instead of /proc")->type_name("DIR");

  CLI::App* set = app.add_subcommand("set", "change the adjustment of running processes");
  AddSettingOptions(*set, options);
  set->add_option("PID", options.pids, "the processes");
  set->add_flag("-J,--json", options.json, "JSON");

  CLI::App* run = app.add_subcommand("run", "run a command with an adjustment");
  AddSettingOptions(*run, options);
  run->prefix_command();  // what follows the command is the command's
  run->footer("Then -- and the command with its arguments.");

  if (const auto exit_code = ParseArguments(app, kName, std::move(arguments))) return *exit_code;
  if (set->parsed()) return Set(options, *set);
  if (run->parsed()) return Run(options, *run);
  return List(options);
}

}  // namespace
}  // namespace glassheap::tools

int main(int argc, char** argv) {
  using namespace glassheap::tools;
  return RunProgram(kName, [&] { return Main({argv + 1, argv + argc}); });
}
