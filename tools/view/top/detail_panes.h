// What the panes of the detail view show, line by line.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_DETAIL_PANES_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_DETAIL_PANES_H_

#include <vector>

#include "tools/model/process_detail.h"
#include "tools/view/bars.h"
#include "tools/view/screen.h"

namespace glassheap::tools {

using PaneLines = std::vector<StyledLine>;

// The kernel's figures as bars of RSS, and the heap's tiers as a waterfall: each begins where the one before ends.
PaneLines MemoryPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);
// Every byte of RSS by what it is used for: the waterfall of memstat heap.
PaneLines ResidentPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);
// Size classes in use: live bytes beside bytes that are free in them.
PaneLines ClassesPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);
// Threads that have a cache.
PaneLines ThreadsPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);
// The heap over the last minutes, as the process itself has written it down, and RSS since the view was opened. Where
// there is no such record, live, cached and fragmented bytes since then, too.
PaneLines HistoryPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);
// Its address space, as memstat map draws it.
PaneLines MapPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_DETAIL_PANES_H_
