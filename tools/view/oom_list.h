// What `oomscore` prints: who would be killed first.

#ifndef GLASSHEAP_TOOLS_VIEW_OOM_LIST_H_
#define GLASSHEAP_TOOLS_VIEW_OOM_LIST_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/model/oom_setting.h"
#include "tools/model/process.h"
#include "tools/model/system.h"
#include "tools/view/process_columns.h"

namespace glassheap::tools {

// The columns for people, and those of --json.
ProcessFields OomTableFields();
ProcessFields OomJsonFields();

// "pid,rss,command": any of ProcessColumns(), and heap_releasable of this list.
Result<ProcessFields> ParseOomFields(std::string_view list);

// Without the columns that only heaps fill, where nothing has a heap.
ProcessFields WithoutEmptyHeaps(ProcessFields fields, const std::vector<Process>& processes);

// "who would be killed first (whole machine: 23.5Gi, no swap)".
std::string OomHeadline(const SystemMemory& memory);

// One line for each change that was made, or would be.
std::string OomChangesText(const std::vector<OomChange>& changes, const OomSetting& setting, bool dry_run = false);

// What a row says besides its process.
struct OomRowNote {
  size_t depth = 0;                    // in a tree
  std::optional<pid_t> shares_with{};  // another row has the same memory
};

// max_width 0: lines are not cut. notes: one for each process, or none; they stand in the last column.
std::string OomTable(const std::vector<Process>& processes, const ProcessFields& fields, size_t max_width,
                     const std::vector<OomRowNote>& notes = {});

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_OOM_LIST_H_
