// What `oomscore` prints: who would be killed first.

#ifndef GLASSHEAP_TOOLS_VIEW_OOM_LIST_H_
#define GLASSHEAP_TOOLS_VIEW_OOM_LIST_H_

#include <optional>
#include <string>
#include <vector>

#include "tools/model/oom_setting.h"
#include "tools/model/process.h"
#include "tools/model/system.h"
#include "tools/view/process_columns.h"

namespace glassheap::tools {

// The columns for people, and those of --json. Those of heaps are shown to people where there is a heap.
ProcessFields OomTableFields(bool with_heaps = true);
ProcessFields OomJsonFields();

// "who would be killed first (whole machine: 23.5Gi, no swap)".
std::string OomHeadline(const SystemMemory& memory);

// One line for each change that was made, or would be.
std::string OomChangesText(const std::vector<OomChange>& changes, const OomSetting& setting, bool dry_run = false);

// What a row says besides its process.
struct OomRowNote {
  std::string cgroup = {};             // of its memory; any bytes
  size_t depth = 0;                    // in a tree
  std::optional<pid_t> shares_with{};  // another row has the same memory
};

// max_width 0: lines are not cut. notes: one for each process, or none.
std::string OomTable(const std::vector<Process>& processes, size_t max_width,
                     const std::vector<OomRowNote>& notes = {});

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_OOM_LIST_H_
