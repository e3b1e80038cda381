// The resident waterfall and the heap's inside as lines of text, for `memstat heap` and memtop's detail view.
//
// Lines have no '\n'; bars take what the width leaves. Cells are letters, so a line can be pasted anywhere.

#ifndef GLASSHEAP_TOOLS_VIEW_RESIDENT_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_RESIDENT_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tools/model/fragmentation.h"
#include "tools/model/heap_map.h"
#include "tools/model/resident.h"
#include "tools/view/screen.h"

namespace glassheap::tools {

// A row a bucket that is not empty, each with a bar that begins where the one before ended; then what is unattributed and
// what is not in RSS. width: columns there are; below 60 there are no bars, below 90 no notes.
std::vector<StyledLine> ResidentLines(const Resident& resident, size_t width);

// A row a size class, the most pinned first. At most max_rows of them (0: all), then how many were left out.
std::vector<std::string> SpansLines(const std::vector<ClassFragmentation>& classes, size_t max_rows = 0);

// Rows of cells with their addresses, and the legend. columns: cells a row, at least 1.
std::vector<std::string> MapLines(const HeapMap& map, size_t columns);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_RESIDENT_TEXT_H_
