// Processes as JSON, by the columns asked for: a column's key is its name, an
// absent value is null, bytes are whole numbers.

#ifndef GLASSHEAP_TOOLS_VIEW_JSON_PROCESSES_H_
#define GLASSHEAP_TOOLS_VIEW_JSON_PROCESSES_H_

#include <string>
#include <vector>

#include "tools/model/machine.h"
#include "tools/model/oom_setting.h"
#include "tools/model/process.h"
#include "tools/view/process_columns.h"

namespace glassheap::tools {

// The document of oomscore --json: schema glassheap.oom/1.
std::string OomJson(const std::vector<Process>& processes, const ProcessFields& fields);

// What `oomscore set --json` did: schema glassheap.oom_set/1.
std::string OomChangesJson(const std::vector<OomChange>& changes, bool dry_run = false);

// One line of memtop --json: schema glassheap.top/1.
std::string TopJsonLine(const Machine& machine, const std::vector<const Process*>& processes,
                        const ProcessFields& fields);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_JSON_PROCESSES_H_
