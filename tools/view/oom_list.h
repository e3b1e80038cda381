// What `oomscore` prints: who would be killed first.

#ifndef GLASSHEAP_TOOLS_VIEW_OOM_LIST_H_
#define GLASSHEAP_TOOLS_VIEW_OOM_LIST_H_

#include <string>
#include <vector>

#include "tools/model/oom_setting.h"
#include "tools/model/process.h"
#include "tools/model/system.h"
#include "tools/view/process_columns.h"

namespace glassheap::tools {

// The columns for people, and those of --json.
ProcessFields OomTableFields();
ProcessFields OomJsonFields();

// "who would be killed first (whole machine: 23.5Gi, no swap)".
std::string OomHeadline(const SystemMemory& memory);

// One line for each change that was made, or would be.
std::string OomChangesText(const std::vector<OomChange>& changes, const OomSetting& setting, bool dry_run = false);

// max_width 0: lines are not cut.
std::string OomTable(const std::vector<Process>& processes, size_t max_width);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_OOM_LIST_H_
