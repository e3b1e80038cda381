// Tested by tests/tools/view/top/detail_test.cc.

#include "tools/view/top/detail.h"

#include <algorithm>

#include "tools/view/sanitize.h"
#include "tools/view/top/choosers.h"
#include "tools/view/top/detail_panes.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr size_t kFirstRow = 3;  // below the title, the panes' names and an empty line

constexpr DetailPane kPanes[] = {
    {"memory", MemoryPane, kDetailNothing},   {"resident", ResidentPane, kDetailResident},
    {"classes", ClassesPane, kDetailNothing}, {"threads", ThreadsPane, kDetailNothing},
    {"history", HistoryPane, kDetailHistory}, {"map", MapPane, kDetailMap},
};

StyledLine TitleLine(const DetailView& view, const TopFrame& frame) {
  StyledLine line = {{SanitizeText(view.target.name) + " (" + std::to_string(view.target.pid) + ")", Style::kStrong}};
  if (!frame.detail) return line;
  const Process& process = frame.detail->process;
  line.push_back({"   user " + SanitizeText(process.user) + "   " + SanitizeText(process.command_line)});
  if (frame.detail->ended)
    line.insert(line.begin() + 1, {"   it has ended: these are its last figures", Style::kWarning});
  return line;
}

// With their names where there is room; else only that of the one that is shown.
StyledLine PaneNames(size_t shown, bool all) {
  StyledLine line;
  for (size_t i = 0; i < std::size(kPanes); ++i) {
    std::string text = " " + std::to_string(i + 1) + " ";
    if (all || i == shown) text += std::string(kPanes[i].title) + " ";
    line.push_back({std::move(text), i == shown ? Style::kSelected : Style::kDim});
  }
  return line;
}

StyledLine TabsLine(size_t shown, size_t width) {
  StyledLine line = PaneNames(shown, true);
  if (DisplayWidth(line) > width) line = PaneNames(shown, false);
  const std::string keys = std::string("   Esc: back   Tab, 1-") + std::to_string(std::size(kPanes)) + ": next pane";
  line.push_back({FitWidth(keys, width - std::min(width, DisplayWidth(line))), Style::kDim});
  return line;
}

std::vector<StyledLine> LinesOf(const DetailView& view, const TopFrame& frame, size_t width, Glyphs glyphs) {
  if (!frame.detail) return {{{"it is being read", Style::kDim}}};
  return kPanes[view.pane].lines(*frame.detail, width, glyphs);
}

}  // namespace

std::span<const DetailPane> DetailPanes() { return kPanes; }

unsigned DetailNeedsOf(const TopState& state) {
  return state.detail ? kPanes[state.detail->pane].needs : kDetailNothing;
}

std::optional<TopCommand> HandleDetail(const KeyPress& press, size_t page, const TopFrame& frame, TopState& state) {
  const TopCommand redraw{TopCommand::Kind::kRedraw, {}, 0, {}};
  DetailView& view = *state.detail;
  const size_t panes = std::size(kPanes);
  const std::string name = NameOf(press);
  const size_t lines = LinesOf(view, frame, 80, state.glyphs).size();
  const size_t shown = page > kFirstRow + 1 ? page - kFirstRow - 1 : 1;
  if (MoveInList(press, lines > shown ? lines - shown + 1 : 1, shown, view.row)) return redraw;
  size_t pane = view.pane;
  if (name == "Tab" || name == "Right") pane = (pane + 1) % panes;
  if (name == "S-Tab" || name == "Left") pane = (pane + panes - 1) % panes;
  const bool is_number = name.size() == 1 && name[0] >= '1' && static_cast<size_t>(name[0] - '1') < panes;
  if (is_number) pane = static_cast<size_t>(name[0] - '1');
  if (pane != view.pane) {
    view.pane = pane;
    view.row = 0;
    return TopCommand{kPanes[pane].needs != 0 ? TopCommand::Kind::kRefresh : TopCommand::Kind::kRedraw, {}, 0, {}};
  }
  if (is_number) return redraw;  // it is shown already
  if (name != "Esc" && name != "Enter" && name != "Backspace") return std::nullopt;
  state.detail.reset();
  return TopCommand{TopCommand::Kind::kRefresh, {}, 0, {}};
}

void DrawDetail(const DetailView& view, const TopFrame& frame, Glyphs glyphs, Screen& screen) {
  screen.Put(0, 0, TitleLine(view, frame));
  screen.Put(1, 0, TabsLine(view.pane, screen.width()));
  const std::vector<StyledLine> lines = LinesOf(view, frame, screen.width(), glyphs);
  const size_t last = screen.height() > 0 ? screen.height() - 1 : 0;
  for (size_t row = kFirstRow; row < last && view.row + row - kFirstRow < lines.size(); ++row) {
    screen.Put(row, 0, lines[view.row + row - kFirstRow]);
  }
}

}  // namespace glassheap::tools
