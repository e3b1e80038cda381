// oomscore set and oomscore run: change the adjustment of processes that run, or of a command that is about to.
//
// Tested by tests/tools/oomscore_set_test.cc.

#include <unistd.h>

#include <cerrno>
#include <memory>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/model/oom_setting.h"
#include "tools/oomscore_commands.h"
#include "tools/read/oom_adjustment.h"
#include "tools/run/oom_targets.h"
#include "tools/view/json_processes.h"
#include "tools/view/oom_list.h"

namespace glassheap::tools {
namespace {

// As typed.
struct SettingOptions {
  std::string score_adj;
  std::string legacy_adj;
  std::string by;
};

struct SetOptions {
  SettingOptions setting;
  std::vector<std::string> pids;
  TargetRequest targets;
  bool dry_run = false;
  bool json = false;
};

void AddSettingOptions(CLI::App& app, SettingOptions& options) {
  app.add_option("--adj", options.score_adj, "oom_score_adj, -1000 (never killed) to 1000")->type_name("N");
  app.add_option("--by", options.by, "so much more or less than it is now: +N or -N")->type_name("N");
  app.add_option("--oom-adj", options.legacy_adj, "on the legacy scale, -17 (never killed) to 15")->type_name("N");
}

Result<OomSetting> ParseSetting(const SettingOptions& options, const CLI::App& app) {
  const bool score = app.count("--adj") > 0;
  const bool legacy = app.count("--oom-adj") > 0;
  const bool by = app.count("--by") > 0;
  if (score + legacy + by > 1) return Error{"--adj, --by and --oom-adj", "they say the same thing; give one"};
  if (score) return ParseScoreAdj(options.score_adj);
  if (legacy) return ParseLegacyAdj(options.legacy_adj);
  if (by) return ParseRelativeAdj(options.by);
  return Error{app.get_name(), "which value? give --adj N, --by N or --oom-adj N"};
}

Result<OomChange> SetOne(const Root& root, Users& users, const Target& target, const OomSetting& setting,
                         bool dry_run) {
  const Result<OomAdjustment> adjustment = OomAdjustment::Open(root, users, target.pid, target.start_ticks);
  if (!adjustment) return adjustment.error();
  const Result<int> before = adjustment->Read();
  if (!before) return before.error();
  const int wanted = AdjustmentToWrite(setting, *before);
  if (dry_run) return OomChange{target.pid, adjustment->name(), *before, wanted};
  const Result<int> after = adjustment->Write(wanted);
  if (!after) return after.error();
  return OomChange{target.pid, adjustment->name(), *before, *after};
}

int SetAll(const Root& root, const SetOptions& options, const Targets& targets, const OomSetting& setting) {
  int exit_code = kExitOk;
  for (const Error& error : targets.missing) exit_code = Failed(kOomscore, error);
  Users users(root);
  std::vector<OomChange> changes;
  for (const Target& target : targets.found) {
    const Result<OomChange> change = SetOne(root, users, target, setting, options.dry_run);
    if (change) {
      changes.push_back(*change);
    } else {
      exit_code = Failed(kOomscore, change.error());
    }
  }
  const std::string text =
      options.json ? OomChangesJson(changes, options.dry_run) : OomChangesText(changes, setting, options.dry_run);
  return WriteOutput(kOomscore, text).value_or(exit_code);
}

int Set(const Root& root, const SetOptions& options, const CLI::App& app) {
  const Result<OomSetting> setting = ParseSetting(options.setting, app);
  if (!setting) return Misused(kOomscore, setting.error());
  const Result<std::vector<pid_t>> pids = ParsePids(options.pids);
  if (!pids) return Misused(kOomscore, pids.error());
  TargetRequest request = options.targets;
  request.pids = *pids;
  if (request.empty()) return Misused(kOomscore, {"set", "of which process? give PIDs, --name or --cgroup"});
  const Result<Targets> targets = FindTargets(root, request);
  if (!targets) return Failed(kOomscore, targets.error());
  return SetAll(root, options, *targets, *setting);
}

int Execute(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  const bool missing = errno == ENOENT;
  const Error error = missing ? Error{command[0], "command not found"} : Error::FromErrno(command[0], errno);
  return Failed(kOomscore, error, missing ? kExitNotFound : kExitNotExecutable);
}

int Run(const std::vector<std::string>& words, const SettingOptions& options, const CLI::App& app) {
  const Result<OomSetting> setting = ParseSetting(options, app);
  if (!setting) return Misused(kOomscore, setting.error());
  if (words.empty()) return Misused(kOomscore, {"run", "which command? give it after --"});
  const Root machine;
  Users users(machine);
  const Result<OomChange> change = SetOne(machine, users, {::getpid(), std::nullopt}, *setting, /*dry_run=*/false);
  if (!change) return Failed(kOomscore, change.error());
  return Execute(words);
}

}  // namespace

ToolAction SetUpOomSet(CLI::App& app) {
  auto options = std::make_shared<SetOptions>();
  AddSettingOptions(app, options->setting);
  app.add_option("PID", options->pids, "the processes");
  app.add_option("--name", options->targets.names, "all processes of this name, as pidof")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  app.add_option("--cgroup", options->targets.groups, "all of this memory cgroup: a path, a directory, or a pid in it")
      ->type_name("PATH|PID")
      ->expected(1)
      ->take_all();
  app.add_flag("--tree", options->targets.with_descendants, "and all that they have started");
  app.add_flag("--dry-run", options->dry_run, "say what would be changed, and change nothing");
  app.add_flag("-J,--json", options->json, "JSON");
  return [options, &app](const ToolInput& input) { return Set(input.root, *options, app); };
}

ToolAction SetUpOomRun(CLI::App& app) {
  auto options = std::make_shared<SettingOptions>();
  AddSettingOptions(app, *options);
  return [options, &app](const ToolInput& input) { return Run(input.words, *options, app); };
}

}  // namespace glassheap::tools
