// memstat's JSON documents. Keys and units are a contract: integers are bytes,
// null is what is not available. One line each, ended by '\n'.

#ifndef GLASSHEAP_TOOLS_VIEW_JSON_H_
#define GLASSHEAP_TOOLS_VIEW_JSON_H_

#include <string>

#include "tools/model/core_report.h"
#include "tools/model/heap_report.h"
#include "tools/model/run_report.h"

namespace glassheap::tools {

std::string HeapJson(const HeapReport& report);     // glassheap.heap/1
std::string RunJson(const RunReport& report);
std::string CoreJson(const CoreReport& report);  // glassheap.run/1

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_JSON_H_
