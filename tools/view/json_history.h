// A heap's history as JSON: an array, oldest first.

#ifndef GLASSHEAP_TOOLS_VIEW_JSON_HISTORY_H_
#define GLASSHEAP_TOOLS_VIEW_JSON_HISTORY_H_

#include <nlohmann/json.hpp>

#include "tools/model/history.h"

namespace glassheap::tools {

// "seconds" since the region was made, then every tier by its key, "mapped",
// "residual" and "allocated_bytes_total", in bytes.
nlohmann::ordered_json HistoryJson(const HeapHistory& history);

// {"bytes", "seconds", "sustained"}, or null.
nlohmann::ordered_json GrowthJson(const HeapHistory& history);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_JSON_HISTORY_H_
