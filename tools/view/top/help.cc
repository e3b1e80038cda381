#include "tools/view/top/help.h"

#include <algorithm>

#include "tools/view/sanitize.h"
#include "tools/view/top/choosers.h"

namespace glassheap::tools {
namespace {

constexpr size_t kFirstRow = 2;

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::vector<StyledLine> HelpLines() {
  std::vector<StyledLine> lines;
  for (const KeyBinding& binding : KeyBindings()) {
    lines.push_back({{Padded(binding.keys, 12), Style::kKey}, {binding.help}});
  }
  lines.push_back({});
  lines.push_back({{"Bars: "},
                   {"| used  ", Style::kUsed},
                   {"s shared  ", Style::kShared},
                   {"b buffers  ", Style::kBuffers},
                   {": cache", Style::kCache},
                   {"   sparklines: the last three minutes"}});
  lines.push_back({{"HEAP: "},
                   {"# live  ", Style::kHeap},
                   {": cached  ", Style::kCache},
                   {". fragmented", Style::kWarning},
                   {"   ^ behind GROWTH/min: it never shrank"}});
  lines.push_back({{"A click selects, a double click shows the inside, the heading sorts, the wheel scrolls"}});
  lines.push_back({});
  for (const ProcessColumn& column : ProcessColumns()) {
    lines.push_back({{Padded(std::string(column.heading), 12), Style::kStrong}, {std::string(column.help)}});
  }
  return lines;
}

}  // namespace

TopCommand HandleHelp(const KeyPress& press, size_t page, TopState& state) {
  const size_t lines = HelpLines().size();
  const size_t shown = page > kFirstRow ? page - kFirstRow : 1;
  HelpPage& help = std::get<HelpPage>(state.overlay);
  if (MoveInList(press, lines > shown ? lines - shown + 1 : 1, shown, help.row))
    return {TopCommand::Kind::kRedraw, {}, 0, {}};
  state.overlay = {};
  return {TopCommand::Kind::kRedraw, {}, 0, {}};
}

void DrawHelp(const HelpPage& help, Screen& screen) {
  screen.Put(0, 0, FitWidth("memtop: keys and columns   (Up, Down: scroll, any other key: back)", screen.width()),
             Style::kStrong);
  const std::vector<StyledLine> lines = HelpLines();
  for (size_t row = kFirstRow; row < screen.height() && help.row + row - kFirstRow < lines.size(); ++row) {
    screen.Put(row, 2, lines[help.row + row - kFirstRow]);
  }
}

}  // namespace glassheap::tools
