// The head of memtop: the machine in a few lines.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_HEADER_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_HEADER_H_

#include <vector>

#include "tools/view/top/state.h"

namespace glassheap::tools {

struct HeaderLook {
  size_t width = 80;
  Glyphs glyphs = Glyphs::kAscii;
  MeterStyle meters = MeterStyle::kBars;
};

// No line is wider than width; what matters least is left out first. The time of day is the local one. With
// MeterStyle::kNone the first line only.
std::vector<StyledLine> TopHeader(const Machine& machine, const TopHistory& history, const HeaderLook& look);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_HEADER_H_
