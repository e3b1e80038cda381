// The machine, looked at once: memory, the caller's memory cgroup, pressure, events and heaps.

#ifndef GLASSHEAP_TOOLS_RUN_SYSTEM_SURVEY_H_
#define GLASSHEAP_TOOLS_RUN_SYSTEM_SURVEY_H_

#include "tools/model/system_report.h"
#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

// An error only where ReadMeminfo (system_memory.h) has one.
Result<SystemReport> SurveySystem(const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_SYSTEM_SURVEY_H_
