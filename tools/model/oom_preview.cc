// Tested by tests/tools/model/oom_preview_test.cc.

#include "tools/model/oom_preview.h"

#include <algorithm>

#include "tools/model/process_table.h"

namespace glassheap::tools {
namespace {

void Adjust(Process& process, int score_adj, const OomScope& scope) {
  process.oom_score_adj = score_adj;
  process.oom_adj = LegacyFromScoreAdj(score_adj);
  const auto badness = OomBadnessPages({.unkillable = false,
                                        .rss = process.rss,
                                        .swap = process.swap.value_or(0),
                                        .page_tables = process.page_tables.value_or(0),
                                        .score_adj = score_adj},
                                       scope);
  process.oom_score = OomScore(badness, scope);
  process.badness.reset();
  if (badness) process.badness = *badness * static_cast<int64_t>(scope.page_bytes);
}

// It is never killed for a reason that no adjustment changes.
bool Exempt(const Process& process) {
  if (process.kernel_thread || !process.rss) return true;
  return !process.badness && process.oom_score_adj.value_or(0) > kOomScoreAdjMin;
}

}  // namespace

std::optional<OomPreview> PreviewAdjustment(const std::vector<Process>& processes, pid_t pid, int score_adj,
                                            const OomScope& scope) {
  const auto found = std::ranges::find(processes, pid, &Process::pid);
  if (found == processes.end() || Exempt(*found)) return std::nullopt;
  std::vector<Process> then = processes;
  Process& changed = then[static_cast<size_t>(found - processes.begin())];
  Adjust(changed, score_adj, scope);
  for (Process& process : then) process.rank.reset();
  RankProcesses(then);
  OomPreview preview{*found, changed, 0, std::nullopt};
  for (const Process& process : then) {
    if (process.rank) ++preview.ranked;
    if (process.rank == 1) preview.first_after = process;
  }
  return preview;
}

}  // namespace glassheap::tools
