// A comparison of allocators for people: a table for each figure, and time against memory.

#ifndef GLASSHEAP_TOOLS_VIEW_COMPARE_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_COMPARE_TEXT_H_

#include <string>

#include "tools/model/compare.h"

namespace glassheap::tools {

std::string CompareText(const Comparison& comparison);

// The same two pictures as SVG: a bar for each allocator's time, and one for its memory, then time against memory.
std::string CompareSvg(const Comparison& comparison);

// glassheap.compare/1. Seconds, bytes and numbers; medians where there is one number; null where nothing was measured.
std::string CompareJson(const Comparison& comparison);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_COMPARE_TEXT_H_
