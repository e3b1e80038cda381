// Looks at the pages of one process and joins them with its heap: the waterfall, and what only the spans can tell.
//
// Cost: one scan of the page tables, one smaps_rollup (which walks them once more), and in the exact tier the span table:
// for a heap of 1 GiB some 5 MiB of the process' memory are read.

#ifndef GLASSHEAP_TOOLS_RUN_RESIDENT_SURVEY_H_
#define GLASSHEAP_TOOLS_RUN_RESIDENT_SURVEY_H_

#include <cstddef>
#include <optional>

#include "tools/model/heap_report.h"
#include "tools/read/region_image.h"
#include "tools/run/process_lookup.h"

namespace glassheap::tools {

// Fills report.resident, or says why not; report.fragmentation and, with map_cells > 0, report.map in the exact tier.
// REQUIRES: report.pid, status and heap are filled; region is the process' own.
void SurveyResident(const Root& root, const OpenedProcess& process, const RegionImage& region, size_t map_cells,
                    HeapReport& report);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_RESIDENT_SURVEY_H_
