// `memstat heap` for people: what RSS is made of, the sum of the heap's tiers,
// and on request the classes, the threads, the spans and a map.

#ifndef GLASSHEAP_TOOLS_VIEW_HEAP_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_HEAP_TEXT_H_

#include <string>

#include "tools/model/heap_report.h"

namespace glassheap::tools {

struct HeapTextOptions {
  bool classes = false;
  bool threads = false;
  bool spans = false;
  bool map = false;
  size_t width = 110;  // columns there are
};

std::string HeapText(const HeapReport& report, const HeapTextOptions& options);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_HEAP_TEXT_H_
