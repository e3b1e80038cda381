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
// Size classes in use: live bytes beside bytes that are free in them.
PaneLines ClassesPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);
// Threads that have a cache.
PaneLines ThreadsPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);
// RSS, live, cached and fragmented bytes over the last minutes.
PaneLines HistoryPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);
// Its address space, as memstat map draws it.
PaneLines MapPane(const ProcessDetail& detail, size_t width, Glyphs glyphs);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_DETAIL_PANES_H_
