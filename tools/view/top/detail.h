// One process from the inside: panes, of which one is shown. A pane is one row of a table.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_DETAIL_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_DETAIL_H_

#include <span>
#include <vector>

#include "tools/view/screen.h"
#include "tools/view/top/state.h"

namespace glassheap::tools {

struct DetailPane {
  const char* title;
  std::vector<StyledLine> (*lines)(const ProcessDetail& detail, size_t width, Glyphs glyphs);
  unsigned needs;  // DetailNeed bits: what is read only while it is shown
};

std::span<const DetailPane> DetailPanes();

// DetailNeed bits of the pane that is shown; none when there is none.
unsigned DetailNeedsOf(const TopState& state);

// Keys inside it. What it does not know is looked up in the key table. REQUIRES: state.detail. page: rows of the screen.
std::optional<TopCommand> HandleDetail(const KeyPress& press, size_t page, const TopFrame& frame, TopState& state);

void DrawDetail(const DetailView& view, const TopFrame& frame, Glyphs glyphs, Screen& screen);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_DETAIL_H_
