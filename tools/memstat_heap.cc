// memstat heap: one process, the sum that closes.
//
// Tested by tests/tools/memstat_test.cc.

#include <memory>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/run/heap_survey.h"
#include "tools/run/process_lookup.h"
#include "tools/view/heap_text.h"
#include "tools/view/json.h"

namespace glassheap::tools {

namespace {

struct HeapOptions {
  std::string target;  // pid or name
  bool json = false;
  HeapTextOptions text;
};

int ShowHeap(const Root& root, const HeapOptions& options) {
  const Result<pid_t> pid = FindProcess(root, options.target);
  if (!pid) return Failed(kMemstat, pid.error());
  const Result<HeapReport> report = ReportHeap(root, *pid);
  if (!report) return Failed(kMemstat, report.error());
  const std::string text = options.json ? HeapJson(*report) : HeapText(*report, options.text);
  return WriteOutput(kMemstat, text).value_or(kExitOk);
}

}  // namespace

CommandAction SetUpHeap(CLI::App& app) {
  auto options = std::make_shared<HeapOptions>();
  app.add_option("PID|NAME", options->target, "the process")->required()->type_name("");
  app.add_flag("--classes", options->text.classes, "and its size classes");
  app.add_flag("--threads", options->text.threads, "and its threads");
  app.add_flag("-J,--json", options->json, "print JSON, in bytes");
  return [options](const CommandInput& input) { return ShowHeap(input.root, *options); };
}

}  // namespace glassheap::tools
