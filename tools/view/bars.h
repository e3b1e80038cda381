// Figures as pictures on a line of text: bars and sparklines. UTF-8 where the terminal has it, else ASCII.

#ifndef GLASSHEAP_TOOLS_VIEW_BARS_H_
#define GLASSHEAP_TOOLS_VIEW_BARS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/view/screen.h"

namespace glassheap::tools {

enum class Glyphs { kAscii, kUnicode };

// The parts are shares of total; what is left of them is empty.
struct BarPart {
  uint64_t amount;
  Style style;
  const char* ascii;
  const char* unicode;
};

// So many cells, without a frame.
StyledLine BarCells(const std::vector<BarPart>& parts, uint64_t total, size_t cells, Glyphs glyphs);

// "Mem [|||||:::.....   15.5Gi/23.5Gi]". The figures are the last to go.
StyledLine Bar(const std::string& label, const std::vector<BarPart>& parts, uint64_t total, const std::string& figures,
               size_t width, Glyphs glyphs);

// One part, from the left, in eighths of a cell where the glyphs have them: "#####" or "████▌". At least something where
// the amount is not 0.
std::string PlainBar(uint64_t amount, uint64_t total, size_t cells, Glyphs glyphs);

// One character for each value, as a share of full; the higher the fuller. Values past full look like full.
std::string Sparkline(const std::vector<double>& values, double full, Glyphs glyphs);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_BARS_H_
