// Tested by tests/tools/view/top/screen_test.cc.

#include "tools/view/top/screen.h"

#include <algorithm>

#include "tools/view/sanitize.h"
#include "tools/view/top/bindings.h"
#include "tools/view/top/choosers.h"
#include "tools/view/top/detail.h"
#include "tools/view/top/header.h"
#include "tools/view/top/help.h"
#include "tools/view/top/oom_dialog.h"
#include "tools/view/top/prompt.h"
#include "tools/view/top/table.h"

namespace glassheap::tools {
namespace {

constexpr size_t kPipeHeader = 132;
constexpr size_t kWheelRows = 3;

using Kind = TopCommand::Kind;
const TopCommand kRedraw{Kind::kRedraw, {}, 0, {}};

std::vector<StyledLine> Header(const TopFrame& frame, const TopState& state, size_t width) {
  return TopHeader(frame.machine, frame.history, {width, state.glyphs, state.settings.meters});
}

// Where things are: the head, the table's heading, its rows, the foot.
struct Layout {
  size_t heading;  // row of the screen
  size_t page;     // rows of the table
  bool foot;
};

Layout LayOut(const TopFrame& frame, const TopState& state, ScreenSize size) {
  const size_t head = Header(frame, state, size.width).size();
  const size_t fixed = head + 2;  // heading and foot
  return {head, size.height > fixed ? size.height - fixed : 0, size.height > fixed};
}

std::string Marks(const TopFrame& frame, const TopState& state) {
  std::string marks;
  const auto add = [&](const std::string& mark) { marks += "[" + mark + "] "; };
  if (frame.replay) {
    add("replay " + std::to_string(frame.replay->frame + 1) + "/" + std::to_string(frame.replay->frames));
  }
  if (state.paused) add("paused");
  if (!frame.recording.empty()) add("recording " + SanitizeText(frame.recording));
  if (state.followed) add("following " + std::to_string(state.followed->pid));
  if (!state.user.empty()) add("user " + SanitizeText(state.user));
  if (!state.text_filter.empty()) add("only '" + SanitizeText(state.text_filter) + "'");
  for (const ProcessFilter& filter : state.filters) add(SanitizeText(filter.typed));
  if (state.settings.group != GroupBy::kNone) add(std::string("by ") + NameOf(state.settings.group));
  return marks;
}

StyledLine KeysLine(const TopFrame& frame, const TopState& state, size_t width) {
  StyledLine line;
  const std::string marks = Marks(frame, state);
  if (!marks.empty()) line.push_back({FitWidth(marks, width), Style::kWarning});
  for (const KeyBinding& binding : KeyBindings()) {
    if (*binding.footer == '\0') continue;
    const std::string_view keys = binding.keys;
    const std::string key(keys.substr(0, keys.find(' ')));
    const std::string what = std::string(" ") + binding.footer + "  ";
    if (DisplayWidth(line) + key.size() + what.size() > width + 2) continue;
    line.push_back({key, Style::kKey});
    line.push_back({what, Style::kDim});
  }
  return line;
}

void DrawFoot(const TopFrame& frame, const TopState& state, Screen& screen) {
  const size_t row = screen.height() - 1;
  if (const auto* prompt = std::get_if<Prompt>(&state.overlay); prompt != nullptr && state.message.empty()) {
    screen.Put(row, 0, PromptLine(*prompt));
  } else if (!state.message.empty()) {
    screen.Put(row, 0, FitWidth(SanitizeText(state.message), screen.width()),
               state.message_is_error ? Style::kWarning : Style::kStrong);
  } else {
    screen.Put(row, 0, KeysLine(frame, state, screen.width()));
  }
}

void DrawOverlay(const TopFrame& frame, const TopState& state, const Layout& layout, Screen& screen) {
  const size_t last = layout.heading + layout.page + 1;
  if (const auto* menu = std::get_if<Menu>(&state.overlay)) DrawPanel(MenuPanel(*menu), layout.heading, last, screen);
  if (const auto* columns = std::get_if<ColumnChooser>(&state.overlay)) {
    DrawPanel(ColumnsPanel(*columns, state.settings), layout.heading, last, screen);
  }
  if (const auto* dialog = std::get_if<OomDialog>(&state.overlay)) {
    DrawPanel(OomPanel(*dialog, frame), layout.heading, last, screen);
  }
}

void DrawEmptyTable(const TopFrame& frame, const Layout& layout, Screen& screen) {
  if (layout.page == 0) return;
  const bool none = frame.processes.empty();
  const char* why = none ? "no process can be seen: /proc may be mounted with hidepid; run as root"
                         : "no process passes the filters; = removes them";
  screen.Put(layout.heading + 1, 0, FitWidth(why, screen.width()), Style::kDim);
}

TopCommand Digit(const KeyPress& press, TopContext& context) {
  context.state.overlay = Prompt{PromptKind::kPid, ""};
  return HandlePrompt(press, context);
}

TopCommand HandleInTable(const KeyPress& press, TopContext& context) {
  TopState& state = context.state;
  const std::string name = NameOf(press);
  if (!state.detail && name.size() == 1 && name[0] >= '0' && name[0] <= '9') return Digit(press, context);
  const KeyBinding* binding = FindBinding(press);
  if (binding == nullptr || (state.detail && !binding->in_detail)) {
    if (name.empty()) return {};
    state.message = SanitizeText(name) + ": not a key here; h lists them";
    state.message_is_error = true;
    return kRedraw;
  }
  return binding->action(context);
}

void MoveWheel(const MousePress& press, TopContext& context) {
  const size_t at = context.state.selected;
  if (press.action == MouseAction::kWheelUp) Select(at > kWheelRows ? at - kWheelRows : 0, context);
  if (press.action == MouseAction::kWheelDown) Select(at + kWheelRows, context);
}

void SortByHeading(const ProcessColumn* column, TopState& state) {
  if (column == nullptr) return;
  ProcessSort& sort = state.settings.sort;
  sort.largest_first = sort.column == column ? !sort.largest_first : column->largest_first;
  sort.column = column;
}

}  // namespace

void Settle(const TopFrame& frame, const TopRows& rows, ScreenSize size, TopState& state) {
  const size_t page = LayOut(frame, state, size).page;
  const size_t count = rows.rows.size();
  if (state.followed) {
    const auto found = std::ranges::find_if(rows.rows, [&](const TopRow& row) {
      return row.kind == TopRow::Kind::kProcess && row.process->pid == state.followed->pid &&
             row.process->incarnation == state.followed->incarnation;
    });
    if (found != rows.rows.end()) state.selected = static_cast<size_t>(found - rows.rows.begin());
  }
  state.selected = count == 0 ? 0 : std::min(state.selected, count - 1);
  state.first_row = std::min(state.first_row, count > page ? count - page : 0);
  if (state.selected < state.first_row) state.first_row = state.selected;
  if (page > 0 && state.selected >= state.first_row + page) state.first_row = state.selected - page + 1;
}

Screen Draw(const TopFrame& frame, const TopRows& rows, const TopState& state, ScreenSize size) {
  Screen screen(size.width, size.height);
  if (const auto* help = std::get_if<HelpPage>(&state.overlay)) {
    DrawHelp(*help, screen);
    return screen;
  }
  const Layout layout = LayOut(frame, state, size);
  if (state.detail) {
    DrawDetail(*state.detail, frame, state.glyphs, screen);
  } else {
    size_t row = 0;
    for (const StyledLine& line : Header(frame, state, size.width)) screen.Put(row++, 0, line);
    DrawTable(rows, state, layout.heading, layout.page, screen);
    if (rows.rows.empty()) DrawEmptyTable(frame, layout, screen);
  }
  DrawOverlay(frame, state, layout, screen);
  if (layout.foot) DrawFoot(frame, state, screen);
  return screen;
}

TopCommand Handle(const KeyPress& press, const TopFrame& frame, const TopRows& rows, ScreenSize size, TopState& state) {
  TopContext context{frame, rows, LayOut(frame, state, size).page, state};
  state.message.clear();
  state.message_is_error = false;
  if (std::holds_alternative<HelpPage>(state.overlay)) return HandleHelp(press, size.height, state);
  if (std::holds_alternative<Prompt>(state.overlay)) return HandlePrompt(press, context);
  if (std::holds_alternative<Menu>(state.overlay)) return HandleMenu(press, context);
  if (std::holds_alternative<ColumnChooser>(state.overlay)) return HandleColumns(press, context);
  if (std::holds_alternative<OomDialog>(state.overlay)) return HandleOomDialog(press, context);
  if (state.detail) {
    if (const auto command = HandleDetail(press, size.height, frame, state)) return *command;
  }
  return HandleInTable(press, context);
}

TopCommand Handle(const MousePress& press, const TopFrame& frame, const TopRows& rows, ScreenSize size,
                  TopState& state) {
  const Layout layout = LayOut(frame, state, size);
  TopContext context{frame, rows, layout.page, state};
  if (state.detail || !std::holds_alternative<std::monostate>(state.overlay)) return {};
  state.message.clear();
  if (press.action == MouseAction::kWheelUp || press.action == MouseAction::kWheelDown) {
    MoveWheel(press, context);
    return kRedraw;
  }
  if (press.row == layout.heading) {
    SortByHeading(HeadingAt(rows, state, layout.page, size.width, press.column), state);
    return {Kind::kRefresh, {}, 0, {}};
  }
  const size_t row = state.first_row + press.row - layout.heading - 1;
  if (press.row <= layout.heading || press.row > layout.heading + layout.page || row >= rows.rows.size()) return {};
  Select(row, context);
  if (press.action == MouseAction::kDoubleClick) return FindBinding({Key::kEnter})->action(context);
  return kRedraw;
}

std::string TopText(const TopFrame& frame, const TopRows& rows, const TopState& state, size_t max_width) {
  std::string text;
  const size_t width = max_width == 0 ? kPipeHeader : max_width;
  for (const StyledLine& line : TopHeader(frame.machine, {}, {width, state.glyphs, state.settings.meters})) {
    text += PlainText(line) + "\n";
  }
  return text + "\n" + TableText(rows, state.settings, max_width);
}

unsigned NeedsOf(const TopState& state) {
  unsigned needs = NeedsOf(state.settings.fields) | state.settings.sort.column->needs;
  for (const ProcessFilter& filter : state.filters) needs |= filter.column->needs;
  if (!state.text_filter.empty() || !state.search.empty()) needs |= kNeedsCommandLine;
  if (state.settings.group == GroupBy::kCgroup) needs |= kNeedsCgroup;
  if (state.settings.threads) needs |= kNeedsThreads | kNeedsHeap;
  if (std::holds_alternative<OomDialog>(state.overlay)) needs |= kNeedsOom;
  return needs;
}

}  // namespace glassheap::tools
