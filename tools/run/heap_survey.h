// Heaps of processes, looked at from outside: one in full, or all that can be
// seen, added up.

#ifndef GLASSHEAP_TOOLS_RUN_HEAP_SURVEY_H_
#define GLASSHEAP_TOOLS_RUN_HEAP_SURVEY_H_

#include <sys/types.h>

#include "tools/model/heap_report.h"
#include "tools/model/system.h"
#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

// What to look at beside the heap's own figures.
struct HeapDetail {
  bool pages = true;     // the resident waterfall
  size_t map_cells = 0;  // most cells of the heap map; 0: none
  bool history = false;  // what it was over the last minutes
};

// The exact tier where we may attach, else the published one. Errors say what
// stands in the way and what to do.
Result<HeapReport> ReportHeap(const Root& root, pid_t pid, const HeapDetail& detail = {});

// All heaps we may read. What cannot be read is no error: other users'
// processes are as if they had none.
HeapsSummary SurveyHeaps(const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_HEAP_SURVEY_H_
