// Tested by tests/tools/view/top/choosers_test.cc.

#include "tools/view/top/choosers.h"

#include <string.h>

#include <algorithm>
#include <charconv>
#include <csignal>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

constexpr int kLastSignal = 31;  // of those with a name

using Kind = TopCommand::Kind;
const TopCommand kRedraw{Kind::kRedraw, {}, 0, {}};

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string SignalText(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return (signal < 10 ? " " : "") + std::to_string(signal) + " SIG" + (name == nullptr ? "?" : name);
}

bool IsCancel(const KeyPress& press) {
  return press.key == Key::kEscape || press.key == Key::kF10 || press.character == "q";
}

TopCommand Send(const Menu& menu, TopContext& context) {
  TopCommand command{Kind::kSignal, menu.target, 0, {}};
  const std::string& chosen = menu.digits.empty() ? menu.items[menu.selected].value : menu.digits;
  std::from_chars(chosen.data(), chosen.data() + chosen.size(), command.number);
  context.state.overlay = {};
  if (command.number >= 1 && command.number <= SIGRTMAX) return command;
  context.state.message = chosen + ": not a signal";
  context.state.message_is_error = true;
  return kRedraw;
}

TopCommand Choose(const Menu menu, TopContext& context) {
  if (menu.items.empty()) return kRedraw;
  TopState& state = context.state;
  switch (menu.kind) {
    case MenuKind::kSignal:
      return Send(menu, context);
    case MenuKind::kSort:
      state.settings.sort = *ParseProcessSort(menu.items[menu.selected].value);
      state.overlay = {};
      return {Kind::kRefresh, {}, 0, {}};
    case MenuKind::kFilters:
      state.filters.erase(state.filters.begin() + static_cast<ptrdiff_t>(menu.selected));
      state.overlay = {};
      return kRedraw;
  }
  return kRedraw;
}

// The shown ones in their order, then the others.
ProcessFields AllFields(const TopSettings& settings) {
  ProcessFields all = settings.fields;
  for (const ProcessColumn& column : ProcessColumns()) {
    if (std::ranges::find(all, &column) == all.end()) all.push_back(&column);
  }
  return all;
}

bool IsShown(size_t row, const TopSettings& settings) { return row < settings.fields.size(); }

void Toggle(size_t& row, TopSettings& settings) {
  const ProcessColumn* column = AllFields(settings)[row];
  if (!IsShown(row, settings)) {
    // Before the last one, which takes the rest of the line.
    const auto at = settings.fields.end() - 1;
    row = static_cast<size_t>(settings.fields.insert(at, column) - settings.fields.begin());
  } else if (settings.fields.size() > 1) {
    settings.fields.erase(settings.fields.begin() + static_cast<ptrdiff_t>(row));
    const ProcessFields all = AllFields(settings);
    row = static_cast<size_t>(std::ranges::find(all, column) - all.begin());
  }
}

void MoveField(int step, size_t& row, TopSettings& settings) {
  const size_t to = row + static_cast<size_t>(step);
  if (!IsShown(row, settings) || to >= settings.fields.size()) return;
  std::swap(settings.fields[row], settings.fields[to]);
  row = to;
}

}  // namespace

bool MoveInList(const KeyPress& press, size_t count, size_t page, size_t& selected) {
  const size_t last = count == 0 ? 0 : count - 1;
  page = std::max<size_t>(page, 1);
  switch (press.key) {
    case Key::kUp:
      selected = selected > 0 ? selected - 1 : 0;
      return true;
    case Key::kDown:
      selected = std::min(selected + 1, last);
      return true;
    case Key::kPageUp:
      selected = selected > page ? selected - page : 0;
      return true;
    case Key::kPageDown:
      selected = std::min(selected + page, last);
      return true;
    case Key::kHome:
      selected = 0;
      return true;
    case Key::kEnd:
      selected = last;
      return true;
    default:
      return false;
  }
}

Menu SortMenu(const TopSettings& settings) {
  Menu menu{MenuKind::kSort, {}};
  for (const ProcessColumn& column : ProcessColumns()) {
    if (&column == settings.sort.column) menu.selected = menu.items.size();
    menu.items.push_back({std::string(column.key), Padded(std::string(column.heading), 12) + std::string(column.help)});
  }
  return menu;
}

Menu SignalMenu(const TopTarget& target) {
  Menu menu{MenuKind::kSignal, {}, SIGTERM - 1, target};
  for (int signal = 1; signal <= kLastSignal; ++signal) {
    menu.items.push_back({std::to_string(signal), SignalText(signal)});
  }
  return menu;
}

Menu FilterMenu(const TopState& state) {
  Menu menu{MenuKind::kFilters, {}};
  for (const ProcessFilter& filter : state.filters) menu.items.push_back({"", SanitizeText(filter.typed)});
  return menu;
}

TopCommand HandleMenu(const KeyPress& press, TopContext& context) {
  Menu& menu = std::get<Menu>(context.state.overlay);
  if (MoveInList(press, menu.items.size(), context.page, menu.selected)) {
    menu.digits.clear();
    return kRedraw;
  }
  const bool digit = press.character.size() == 1 && press.character[0] >= '0' && press.character[0] <= '9';
  if (menu.kind == MenuKind::kSignal && digit && menu.digits.size() < 2) {
    menu.digits += press.character;
    const size_t number = std::stoul(menu.digits);
    if (number >= 1 && number <= menu.items.size()) menu.selected = number - 1;
    return kRedraw;
  }
  if (press.key == Key::kBackspace && !menu.digits.empty()) menu.digits.pop_back();
  if (press.key == Key::kEnter) return Choose(menu, context);
  if (IsCancel(press)) context.state.overlay = {};
  return kRedraw;
}

TopCommand HandleColumns(const KeyPress& press, TopContext& context) {
  size_t& row = std::get<ColumnChooser>(context.state.overlay).selected;
  TopSettings& settings = context.state.settings;
  if (MoveInList(press, ProcessColumns().size(), context.page, row)) return kRedraw;
  const std::string name = NameOf(press);
  if (name == "Space" || name == "d") Toggle(row, settings);
  if (name == "Left" || name == "-") MoveField(-1, row, settings);
  if (name == "Right" || name == "+") MoveField(+1, row, settings);
  if (name == "W") return {Kind::kSave, {}, 0, {}};
  if (name == "s") {
    const ProcessColumn* column = AllFields(settings)[row];
    settings.sort = {column, column->largest_first};
  }
  if (press.key == Key::kEnter || name == "f" || name == "F2" || IsCancel(press)) {
    context.state.overlay = {};
    return {Kind::kRefresh, {}, 0, {}};
  }
  return kRedraw;
}

Panel MenuPanel(const Menu& menu) {
  Panel panel;
  switch (menu.kind) {
    case MenuKind::kSort:
      panel.heading = "Sort by   (Enter: take it, Esc: back)";
      break;
    case MenuKind::kSignal:
      panel.heading = "Signal to pid " + std::to_string(menu.target.pid) + " " + SanitizeText(menu.target.name) +
                      (menu.digits.empty() ? "" : ": " + menu.digits) + "   (Enter: send, Esc: back)";
      break;
    case MenuKind::kFilters:
      panel.heading = "Filters   (Enter: remove it, Esc: back)";
  }
  for (const MenuItem& item : menu.items) panel.lines.push_back({{item.text}});
  panel.selected = menu.selected;
  return panel;
}

Panel ColumnsPanel(const ColumnChooser& chooser, const TopSettings& settings) {
  Panel panel{"Columns   (Space: show or not, Left Right: order, s: sort by it, W: save, Enter: done)", {}, {}};
  const ProcessFields all = AllFields(settings);
  for (size_t row = 0; row < all.size(); ++row) {
    const ProcessColumn& column = *all[row];
    const std::string mark = IsShown(row, settings) ? "[x] " : "[ ] ";
    const bool sorted = &column == settings.sort.column;
    panel.lines.push_back({{mark + Padded(std::string(column.heading) + (sorted ? " *" : ""), 14), Style::kStrong},
                           {std::string(column.help)}});
  }
  panel.selected = chooser.selected;
  return panel;
}

}  // namespace glassheap::tools
