// `memstat heap` for people: the sum of the tiers, and on request the classes
// and the threads.

#ifndef GLASSHEAP_TOOLS_VIEW_HEAP_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_HEAP_TEXT_H_

#include <string>

#include "tools/model/heap_report.h"

namespace glassheap::tools {

struct HeapTextOptions {
  bool classes = false;
  bool threads = false;
};

std::string HeapText(const HeapReport& report, const HeapTextOptions& options);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_HEAP_TEXT_H_
