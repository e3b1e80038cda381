// oomscore explain and oomscore unit: why a process stands where it stands, and how to make an adjustment last.
//
// Tested by tests/tools/oomscore_explain_test.cc.

#include <memory>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/model/oom_setting.h"
#include "tools/oomscore_commands.h"
#include "tools/run/oom_explain.h"
#include "tools/view/oom_explain.h"

namespace glassheap::tools {
namespace {

struct ExplainOptions {
  std::string pid;
  std::string score_adj;
  bool json = false;
};

int Explain(const Root& root, const ExplainOptions& options) {
  const Result<pid_t> pid = ParsePid(options.pid);
  if (!pid) return Misused(kOomscore, pid.error());
  const Result<OomExplanation> explanation = ExplainOom(root, *pid);
  if (!explanation) return Failed(kOomscore, explanation.error());
  const std::string text = options.json ? OomExplanationJson(*explanation) : OomExplanationText(*explanation);
  return WriteOutput(kOomscore, text).value_or(kExitOk);
}

int ShowUnit(const Root& root, const ExplainOptions& options, const CLI::App& app) {
  const Result<pid_t> pid = ParsePid(options.pid);
  if (!pid) return Misused(kOomscore, pid.error());
  std::optional<int> wanted;
  if (app.count("--adj") > 0) {
    const Result<OomSetting> setting = ParseScoreAdj(options.score_adj);
    if (!setting) return Misused(kOomscore, setting.error());
    wanted = setting->score_adj;
  }
  const Result<OomPlace> place = FindOomPlace(root, *pid);
  if (!place) return Failed(kOomscore, place.error());
  const std::string text = OomUnitText(place->name, place->cgroups, wanted.value_or(place->score_adj));
  return WriteOutput(kOomscore, text).value_or(kExitOk);
}

}  // namespace

ToolAction SetUpOomExplain(CLI::App& app) {
  auto options = std::make_shared<ExplainOptions>();
  app.add_option("PID", options->pid, "the process")->required();
  app.add_flag("-J,--json", options->json, "JSON, bytes as whole numbers");
  return [options](const ToolInput& input) { return Explain(input.root, *options); };
}

ToolAction SetUpOomUnit(CLI::App& app) {
  auto options = std::make_shared<ExplainOptions>();
  app.add_option("PID", options->pid, "the process")->required();
  app.add_option("--adj", options->score_adj, "for this oom_score_adj; else the one it has")->type_name("N");
  return [options, &app](const ToolInput& input) { return ShowUnit(input.root, *options, app); };
}

}  // namespace glassheap::tools
