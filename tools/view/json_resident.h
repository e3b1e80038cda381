// The part of `memstat heap --json` that is about pages: parts of one document (view/json.h has the whole).

#ifndef GLASSHEAP_TOOLS_VIEW_JSON_RESIDENT_H_
#define GLASSHEAP_TOOLS_VIEW_JSON_RESIDENT_H_

#include <nlohmann/json.hpp>

#include "tools/model/heap_report.h"

namespace glassheap::tools {

// Adds "resident" (a bucket each, and "unattributed": they sum to "rss_measured"), "resident_bounds", "swapped",
// "live_untouched", "internal_frag_max", "huge", "fragmentation" and, when there is one, "map". null where not available.
void AddResidentJson(const HeapReport& report, nlohmann::ordered_json& json);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_JSON_RESIDENT_H_
