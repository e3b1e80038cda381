// `memstat run` for people: what the command cost, and its heap at the peak
// beside the end.

#ifndef GLASSHEAP_TOOLS_VIEW_RUN_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_RUN_TEXT_H_

#include <string>

#include "tools/model/run_report.h"

namespace glassheap::tools {

std::string RunText(const RunReport& report);

// The part of it that is about the heap: the tiers, and for a command that was
// killed or ran for long what they were before. REQUIRES: report.heap.
std::string HeapAtEndText(const RunReport& report);

// "SIGKILL", or "signal 99".
std::string SignalName(int signal);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_RUN_TEXT_H_
