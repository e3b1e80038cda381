// The head of memtop: the machine in three lines.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_HEADER_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_HEADER_H_

#include <string>
#include <vector>

#include "tools/model/machine.h"
#include "tools/view/screen.h"

namespace glassheap::tools {

enum class Glyphs { kAscii, kUnicode };

// "Mem [|||||:::.....   15.5Gi/23.5Gi]". The parts are shares of total; what is left of them is empty.
struct BarPart {
  uint64_t amount;
  Style style;
  const char* ascii;
  const char* unicode;
};
StyledLine Bar(const std::string& label, const std::vector<BarPart>& parts, uint64_t total, const std::string& figures,
               size_t width, Glyphs glyphs);

// No line is wider than width; what matters least is left out first. The time of day is the local one.
std::vector<StyledLine> TopHeader(const Machine& machine, size_t width, Glyphs glyphs);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_HEADER_H_
