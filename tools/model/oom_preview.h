// What an adjustment would do before it is written: the place in the kernel's order, now and then. Pure.

#ifndef GLASSHEAP_TOOLS_MODEL_OOM_PREVIEW_H_
#define GLASSHEAP_TOOLS_MODEL_OOM_PREVIEW_H_

#include <sys/types.h>

#include <optional>
#include <vector>

#include "tools/model/oom.h"
#include "tools/model/process.h"

namespace glassheap::tools {

struct OomPreview {
  Process before;                      // the process as it is
  Process after;                       // with the adjustment: oom_score_adj, oom_adj, oom_score, badness, rank
  uint64_t ranked = 0;                 // processes the kernel may kill, then
  std::optional<Process> first_after;  // who would be killed first, then
};

// Nothing when there is no such process, or the kernel would never kill it whatever its adjustment.
// REQUIRES: kOomScoreAdjMin <= score_adj <= kOomScoreAdjMax; processes are in the order of /proc.
std::optional<OomPreview> PreviewAdjustment(const std::vector<Process>& processes, pid_t pid, int score_adj,
                                            const OomScope& scope);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_OOM_PREVIEW_H_
