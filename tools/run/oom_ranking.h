// The processes in the kernel's order of killing, and those of them that are to be shown.
//
// Ranks are of all processes, whatever is shown. What a row needs besides (command line, cgroup, heap) is read of the
// rows that are shown, and only where a column of them needs it.

#ifndef GLASSHEAP_TOOLS_RUN_OOM_RANKING_H_
#define GLASSHEAP_TOOLS_RUN_OOM_RANKING_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/model/process.h"
#include "tools/model/system.h"
#include "tools/read/result.h"
#include "tools/read/root.h"
#include "tools/view/process_columns.h"

namespace glassheap::tools {

struct RankingRequest {
  std::vector<pid_t> pids;  // only these; empty: any. So are:
  std::vector<std::string> users;
  std::vector<std::string> names;  // of the command (comm)
  bool all = false;                // kernel threads and zombies too
  bool tree = false;               // children below their parents
  size_t count = SIZE_MAX;         // rows
  unsigned needs = 0;              // of the columns: ProcessNeed bits
  ProcessSort sort;                // equals by RSS; the unsorted come last
};

struct RankingRow {
  Process process;
  size_t depth = 0;                  // in a tree
  std::optional<pid_t> shares_with;  // a tree: the first row that has the same memory
};

struct OomRanking {
  SystemMemory memory;
  std::vector<RankingRow> rows;
  uint64_t ranked = 0;         // processes that may be killed
  uint64_t left_out = 0;       // rows beyond count
  std::vector<pid_t> missing;  // that were asked for
};

// Errors: no such user, /proc or meminfo that cannot be read.
Result<OomRanking> RankForOom(const Root& root, const RankingRequest& request);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_OOM_RANKING_H_
