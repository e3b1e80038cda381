// A panel over the table: a heading and lines, one of which may be selected.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_PANEL_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_PANEL_H_

#include <optional>
#include <string>
#include <vector>

#include "tools/view/screen.h"

namespace glassheap::tools {

struct Panel {
  std::string heading;
  std::vector<StyledLine> lines;
  std::optional<size_t> selected;
};

// From a row down, over what is there. Scrolled so that the selected line is seen.
void DrawPanel(const Panel& panel, size_t first_row, size_t last_row, Screen& screen);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_PANEL_H_
