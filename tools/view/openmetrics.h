// Metrics as text, by the OpenMetrics 1.0 specification (https://github.com/OpenObservability/OpenMetrics): TYPE, UNIT
// and HELP of each family, its samples, "# EOF" at the end.

#ifndef GLASSHEAP_TOOLS_VIEW_OPENMETRICS_H_
#define GLASSHEAP_TOOLS_VIEW_OPENMETRICS_H_

#include <string>
#include <vector>

#include "tools/model/metrics.h"

namespace glassheap::tools {

std::string OpenMetricsText(const std::vector<MetricFamily>& families);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_OPENMETRICS_H_
