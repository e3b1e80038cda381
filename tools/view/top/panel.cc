#include "tools/view/top/panel.h"

#include <algorithm>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

void DrawLine(const StyledLine& line, size_t row, size_t width, bool selected, Screen& screen) {
  screen.Put(row, 0, std::string(width, ' '), selected ? Style::kSelected : Style::kPlain);
  size_t column = 1;
  for (const StyledText& part : line) {
    if (column + 1 >= width) return;
    const std::string text = FitWidth(part.text, width - column - 1);
    screen.Put(row, column, text, selected ? Style::kSelected : part.style);
    column += DisplayWidth(text);
  }
}

}  // namespace

void DrawPanel(const Panel& panel, size_t first_row, size_t last_row, Screen& screen) {
  size_t width = DisplayWidth(panel.heading) + 2;
  for (const StyledLine& line : panel.lines) width = std::max(width, DisplayWidth(line) + 2);
  width = std::min(width, screen.width());
  if (first_row >= last_row || width == 0) return;
  screen.Put(first_row, 0, std::string(width, ' '), Style::kHeading);
  screen.Put(first_row, 1, FitWidth(panel.heading, width > 2 ? width - 2 : 0), Style::kHeading);
  const size_t page = last_row - first_row - 1;
  const size_t selected = panel.selected.value_or(0);
  const size_t top = page > 0 && selected >= page ? selected - page + 1 : 0;
  for (size_t i = 0; i < page && top + i < panel.lines.size(); ++i) {
    DrawLine(panel.lines[top + i], first_row + 1 + i, width, panel.selected == top + i, screen);
  }
}

}  // namespace glassheap::tools
