// `memstat run` for people: what the command cost, and its heap at the peak
// beside the end.

#ifndef GLASSHEAP_TOOLS_VIEW_RUN_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_RUN_TEXT_H_

#include <string>

#include "tools/model/run_report.h"

namespace glassheap::tools {

std::string RunText(const RunReport& report);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_RUN_TEXT_H_
