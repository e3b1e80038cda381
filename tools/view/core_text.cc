// Tested by tests/tools/view/core_text_test.cc.

#include "tools/view/core_text.h"

#include "tools/model/run_report.h"
#include "tools/view/run_text.h"
#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

// "redis-server (4242) died of SIGSEGV   redis-server *:6379"
std::string FirstLine(const CoreReport& report) {
  std::string line = SanitizeText(report.name.empty() ? "a program" : report.name);
  if (report.pid) line += " (" + std::to_string(*report.pid) + ")";
  line += report.signal ? " died of " + SignalName(*report.signal) : " was dumped alive";
  if (!report.arguments.empty()) line += "   " + SanitizeText(report.arguments);
  return line + "\n";
}

}  // namespace

std::string CoreText(const CoreReport& report) {
  RunReport run;
  run.term_signal = report.signal.value_or(0);
  run.heap = report.heap;
  run.peak = report.heap.peak;
  run.history = report.history;
  return FirstLine(report) + HeapAtEndText(run);
}

}  // namespace glassheap::tools
