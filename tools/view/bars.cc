// Tested by tests/tools/view/bars_test.cc.

#include "tools/view/bars.h"

#include <algorithm>
#include <cmath>

namespace glassheap::tools {
namespace {

constexpr const char* kUnicodeLevels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr const char* kAsciiLevels[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

double Share(uint64_t part, uint64_t total) {
  return total == 0 ? 0 : std::min(1.0, static_cast<double>(part) / static_cast<double>(total));
}

std::string Repeat(const char* glyph, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += glyph;
  return text;
}

}  // namespace

StyledLine BarCells(const std::vector<BarPart>& parts, uint64_t total, size_t cells, Glyphs glyphs) {
  StyledLine line;
  size_t drawn = 0;
  for (const BarPart& part : parts) {
    const double exact = Share(part.amount, total) * static_cast<double>(cells);
    const size_t length = std::min(cells - drawn, static_cast<size_t>(exact + 0.5));
    if (length == 0) continue;
    line.push_back({Repeat(glyphs == Glyphs::kUnicode ? part.unicode : part.ascii, length), part.style});
    drawn += length;
  }
  if (drawn < cells) line.push_back({std::string(cells - drawn, ' ')});
  return line;
}

StyledLine Bar(const std::string& label, const std::vector<BarPart>& parts, uint64_t total, const std::string& figures,
               size_t width, Glyphs glyphs) {
  const size_t needed = label.size() + 3 + figures.size() + 1;  // " [" and "]"
  StyledLine line = {{label + " ["}};
  for (StyledText& part : BarCells(parts, total, width > needed ? width - needed : 0, glyphs)) {
    line.push_back(std::move(part));
  }
  line.push_back({" " + figures + "]"});
  return line;
}

std::string PlainBar(uint64_t amount, uint64_t total, size_t cells, Glyphs glyphs) {
  const double exact = Share(amount, total) * static_cast<double>(cells);
  if (glyphs == Glyphs::kAscii) {
    const auto length = static_cast<size_t>(exact + 0.5);
    return std::string(std::max<size_t>(length, amount > 0 && cells > 0 ? 1 : 0), '#');
  }
  auto eighths = static_cast<size_t>(exact * 8 + 0.5);
  if (amount > 0 && cells > 0) eighths = std::max<size_t>(eighths, 1);
  return Repeat("█", eighths / 8) + kEighths[eighths % 8];
}

std::string Sparkline(const std::vector<double>& values, double full, Glyphs glyphs) {
  std::string text;
  for (const double value : values) {
    const double share = full > 0 && value > 0 ? std::min(1.0, value / full) : 0;
    const auto level = std::min<size_t>(7, static_cast<size_t>(share * 8));
    if (value < 0 || std::isnan(value)) {
      text += " ";  // nothing was known then
    } else {
      text += glyphs == Glyphs::kUnicode ? kUnicodeLevels[level] : kAsciiLevels[level];
    }
  }
  return text;
}

}  // namespace glassheap::tools
