// `memstat core` for people: whose dump it is, and its heap at its peak beside the end.

#ifndef GLASSHEAP_TOOLS_VIEW_CORE_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_CORE_TEXT_H_

#include <string>

#include "tools/model/core_report.h"

namespace glassheap::tools {

std::string CoreText(const CoreReport& report);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_CORE_TEXT_H_
