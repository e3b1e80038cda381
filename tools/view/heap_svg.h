// `memstat heap --svg`: the waterfall as a picture, or with a map the heap's address space.

#ifndef GLASSHEAP_TOOLS_VIEW_HEAP_SVG_H_
#define GLASSHEAP_TOOLS_VIEW_HEAP_SVG_H_

#include <string>

#include "tools/model/heap_report.h"

namespace glassheap::tools {

// REQUIRES: report.resident.
std::string ResidentSvg(const HeapReport& report);

// REQUIRES: report.map.
std::string HeapMapSvg(const HeapReport& report);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_HEAP_SVG_H_
