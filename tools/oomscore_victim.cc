// oomscore victim: who dies when memory runs out, of the machine or in a memory cgroup.
//
// Tested by tests/tools/oomscore_victim_test.cc.

#include <memory>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/oomscore_commands.h"
#include "tools/run/oom_survey.h"
#include "tools/view/oom_victim.h"

namespace glassheap::tools {
namespace {

struct VictimOptions {
  std::string cgroup;
  std::string allocating;
  std::string count;
  bool json = false;
};

int ShowVictim(const Root& root, const VictimOptions& options, const CLI::App& app) {
  ForecastRequest request;
  if (app.count("--cgroup") > 0) request.cgroup = options.cgroup;
  if (app.count("--allocating") > 0) {
    const Result<pid_t> pid = ParsePid(options.allocating);
    if (!pid) return Misused(kOomscore, pid.error());
    if (request.cgroup) {
      return Misused(kOomscore, {"--allocating and --cgroup", "in a cgroup it does not matter who asks; give one"});
    }
    request.allocating = *pid;
  }
  if (app.count("-n") > 0) {
    const auto count = ParseNumber<size_t>(options.count);
    if (!count || *count == 0) return Misused(kOomscore, {"-n " + options.count, "not a number of processes"});
    request.count = *count;
  }
  const Result<OomForecast> forecast = ForecastOom(root, request);
  if (!forecast) return Failed(kOomscore, forecast.error());
  const std::string text = options.json ? OomVictimJson(*forecast) : OomVictimText(*forecast);
  return WriteOutput(kOomscore, text).value_or(kExitOk);
}

}  // namespace

ToolAction SetUpOomVictim(CLI::App& app) {
  auto options = std::make_shared<VictimOptions>();
  app.add_option("--cgroup", options->cgroup, "when this memory cgroup is full: a path, a directory, or a pid in it")
      ->type_name("PATH|PID");
  app.add_option("--allocating", options->allocating, "when this process asks for memory, on the nodes it may use")
      ->type_name("PID");
  app.add_option("-n", options->count, "the victim and who comes next, N in all (4)")->type_name("N");
  app.add_flag("-J,--json", options->json, "JSON, bytes as whole numbers");
  return [options, &app](const ToolInput& input) { return ShowVictim(input.root, *options, app); };
}

}  // namespace glassheap::tools
