// memstat heap: one process, the sum that closes.
//
// Tested by tests/tools/memstat_test.cc.

#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/run/heap_survey.h"
#include "tools/view/heap_text.h"
#include "tools/view/json.h"

namespace glassheap::tools {

int HeapCommand(const Root& root, const HeapOptions& options) {
  const Result<pid_t> pid = FindProcess(root, options.target);
  if (!pid) {
    PrintError(kMemstat, pid.error());
    return kExitFailure;
  }
  const Result<HeapReport> report = ReportHeap(root, *pid);
  if (!report) {
    PrintError(kMemstat, report.error());
    return kExitFailure;
  }
  const std::string text = options.json ? HeapJson(*report) : HeapText(*report, {options.classes, options.threads});
  return WriteOutput(kMemstat, text).value_or(kExitOk);
}

}  // namespace glassheap::tools
