// The rows of memtop's table: the processes of a frame, filtered, grouped or put into a tree, and sorted. Pure.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_ROWS_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_ROWS_H_

#include <deque>
#include <string>
#include <vector>

#include "tools/view/top/state.h"

namespace glassheap::tools {

struct TopRow {
  enum class Kind { kProcess, kThread, kGroup };
  const Process* process;
  Kind kind = Kind::kProcess;
  std::string branch;  // of the tree, before the command
};

// Points into the frame, which must outlive it and stay where it is.
struct TopRows {
  std::vector<TopRow> rows;
  std::deque<Process> made;  // groups and threads
};

TopRows MakeRows(const TopFrame& frame, const TopState& state);

// Those of frame.processes that are wanted.
bool IsWanted(const Process& process, const TopState& state);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_ROWS_H_
