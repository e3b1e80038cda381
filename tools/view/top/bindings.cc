// Tested by tests/tools/view/top/bindings_test.cc.

#include "tools/view/top/bindings.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "tools/view/sanitize.h"
#include "tools/view/top/choosers.h"
#include "tools/view/top/table.h"

namespace glassheap::tools {
namespace {

using Kind = TopCommand::Kind;
using C = TopContext&;

constexpr TopCommand kRedraw{Kind::kRedraw, {}, 0, {}};
constexpr TopCommand kRefresh{Kind::kRefresh, {}, 0, {}};

TopCommand Say(C context, std::string message, bool error = false) {
  context.state.message = std::move(message);
  context.state.message_is_error = error;
  return kRedraw;
}

TopCommand OnlyOfAProcess(C context) { return Say(context, "select a process first: this row is none", true); }
TopCommand NotInReplay(C context) { return Say(context, "not in a replay: it is past", true); }

TopCommand OpenHelp(C context) {
  context.state.overlay = HelpPage{};
  return kRedraw;
}
TopCommand Quit(C) { return {Kind::kQuit, {}, 0, {}}; }
TopCommand RefreshNow(C) { return kRefresh; }
TopCommand Redraw(C) { return kRedraw; }
TopCommand StopProcess(C) { return {Kind::kStop, {}, 0, {}}; }

TopCommand MoveSort(C context, int step) {
  TopSettings& settings = context.state.settings;
  const auto found = std::ranges::find(settings.fields, settings.sort.column);
  const auto count = static_cast<int>(settings.fields.size());
  const int at = found == settings.fields.end() ? 0 : static_cast<int>(found - settings.fields.begin()) + step;
  settings.sort.column = settings.fields[static_cast<size_t>((at + count) % count)];
  settings.sort.largest_first = settings.sort.column->largest_first;
  return kRefresh;
}
TopCommand SortLeft(C context) { return MoveSort(context, -1); }
TopCommand SortRight(C context) { return MoveSort(context, +1); }

TopCommand SortBy(C context, const char* field) {
  context.state.settings.sort = *ParseProcessSort(field);
  return kRefresh;
}
TopCommand SortByMemory(C context) { return SortBy(context, "rss"); }
TopCommand SortByProcessor(C context) { return SortBy(context, "cpu_percent"); }
TopCommand SortByTime(C context) { return SortBy(context, "cpu_seconds"); }
TopCommand SortByPid(C context) { return SortBy(context, "pid"); }
TopCommand SortByRank(C context) { return SortBy(context, "rank"); }
TopCommand SortByGrowth(C context) { return SortBy(context, "growth_per_minute"); }
TopCommand Reverse(C context) {
  context.state.settings.sort.largest_first = !context.state.settings.sort.largest_first;
  return kRedraw;
}
TopCommand ChooseSort(C context) {
  context.state.overlay = SortMenu(context.state.settings);
  return kRedraw;
}

TopCommand Ask(C context, PromptKind kind, std::string typed = "") {
  context.state.overlay = Prompt{kind, std::move(typed)};
  return kRedraw;
}
TopCommand Search(C context) { return Ask(context, PromptKind::kSearch); }
TopCommand SearchNext(C context) {
  if (context.state.search.empty()) return Search(context);
  SearchOn(context, false);
  return kRedraw;
}
TopCommand FilterText(C context) { return Ask(context, PromptKind::kTextFilter, context.state.text_filter); }
TopCommand FilterField(C context) { return Ask(context, PromptKind::kFieldFilter); }
TopCommand ListFilters(C context) {
  if (context.state.filters.empty()) return Say(context, "no FIELD filters; o adds one");
  context.state.overlay = FilterMenu(context.state);
  return kRedraw;
}
TopCommand ClearFilters(C context) {
  TopState& state = context.state;
  state.filters.clear();
  state.text_filter.clear();
  state.user.clear();
  return kRedraw;
}
TopCommand ChooseUser(C context) { return Ask(context, PromptKind::kUser, context.state.user); }

TopCommand ToggleTree(C context) {
  TopSettings& settings = context.state.settings;
  settings.tree = !settings.tree;
  settings.group = GroupBy::kNone;
  return kRedraw;
}
TopCommand SetCollapsed(C context, bool collapsed) {
  const auto target = SelectedTarget(context);
  if (!context.state.settings.tree) return Say(context, "only in the tree: t shows it", true);
  if (!target) return OnlyOfAProcess(context);
  if (collapsed) {
    context.state.collapsed.insert(target->pid);
  } else {
    context.state.collapsed.erase(target->pid);
  }
  return kRedraw;
}
TopCommand Expand(C context) { return SetCollapsed(context, false); }
TopCommand ToggleBranch(C context) {
  const auto target = SelectedTarget(context);
  return SetCollapsed(context, target && !context.state.collapsed.contains(target->pid));
}
TopCommand ToggleThreads(C context) {
  context.state.settings.threads = !context.state.settings.threads;
  return kRefresh;
}
TopCommand ToggleKernelThreads(C context) {
  context.state.settings.kernel_threads = !context.state.settings.kernel_threads;
  return kRedraw;
}
TopCommand NextGroup(C context) {
  TopSettings& settings = context.state.settings;
  settings.group = static_cast<GroupBy>((static_cast<int>(settings.group) + 1) % 4);
  Say(context, settings.group == GroupBy::kNone
                   ? "processes"
                   : std::string("by ") + NameOf(settings.group) +
                         "; '<' before RSS: shared pages are counted in each; the PSS column makes it exact");
  return kRefresh;
}

TopCommand ChooseColumns(C context) {
  context.state.overlay = ColumnChooser{};
  return kRedraw;
}
// From any columns to those of the heaps, and back to what they were.
TopCommand ToggleHeaps(C context) {
  TopSettings& settings = context.state.settings;
  auto& before = context.state.before_heaps;
  if (before) {
    settings.fields = std::move(before->fields);
    settings.sort = before->sort;
    before.reset();
    return kRefresh;
  }
  before = TableLook{std::exchange(settings.fields, TopHeapFields()), settings.sort};
  Say(context, "the heaps: # live, : cached, . fragmented; b: back");
  return SortBy(context, "heap_live");
}
TopCommand ToggleCommandLine(C context) {
  const ProcessColumn* line = FindProcessColumn("command_line");
  const ProcessColumn* name = FindProcessColumn("command");
  for (const ProcessColumn*& field : context.state.settings.fields) {
    if (field != line && field != name) continue;
    field = field == line ? name : line;
    return kRefresh;
  }
  return Say(context, "neither NAME nor COMMAND is shown; f chooses columns");
}
TopCommand NextScale(C context) {
  ByteScale& scale = context.state.settings.scale;
  scale = static_cast<ByteScale>((static_cast<int>(scale) + 1) % 4);
  constexpr const char* kWhat[] = {"sizes with their unit", "sizes in KiB", "sizes in MiB", "sizes in GiB"};
  return Say(context, kWhat[static_cast<int>(scale)]);
}
TopCommand NextMeters(C context) {
  MeterStyle& meters = context.state.settings.meters;
  meters = static_cast<MeterStyle>((static_cast<int>(meters) + 1) % 3);
  return kRedraw;
}
TopCommand ToggleColor(C context) {
  context.state.settings.color = !context.state.settings.color;
  return kRedraw;
}
TopCommand TogglePause(C context) {
  context.state.paused = !context.state.paused;
  return context.state.paused ? kRedraw : kRefresh;
}
TopCommand AskDelay(C context) { return Ask(context, PromptKind::kDelay); }
TopCommand Save(C) { return {Kind::kSave, {}, 0, {}}; }

TopCommand Follow(C context) {
  TopState& state = context.state;
  if (state.followed) {
    state.followed.reset();
    return Say(context, "no longer followed");
  }
  state.followed = SelectedTarget(context);
  if (!state.followed) return OnlyOfAProcess(context);
  return Say(context, "following pid " + std::to_string(state.followed->pid));
}
TopCommand Kill(C context) {
  if (context.frame.replay) return NotInReplay(context);
  const auto target = SelectedTarget(context);
  if (!target) return OnlyOfAProcess(context);
  context.state.overlay = SignalMenu(*target);
  return kRedraw;
}
TopCommand AdjustOom(C context) {
  if (context.frame.replay) return NotInReplay(context);
  const auto target = SelectedTarget(context);
  if (!target) return OnlyOfAProcess(context);
  const auto process = std::ranges::find(context.frame.processes, target->pid, &Process::pid);
  const bool known = process != context.frame.processes.end() && process->oom_score_adj;
  context.state.overlay = OomDialog{*target, known ? *process->oom_score_adj : 0, false, ""};
  return kRefresh;  // the ranks may not have been read until now
}
TopCommand MeasurePss(C context) {
  if (context.frame.replay) return NotInReplay(context);
  const auto target = SelectedTarget(context);
  if (!target) return OnlyOfAProcess(context);
  return {Kind::kMeasure, *target, 0, {}};
}
TopCommand OpenDetail(C context) {
  const auto target = SelectedTarget(context);
  if (!target) return OnlyOfAProcess(context);
  context.state.detail = DetailView{*target};
  return kRefresh;
}
TopCommand Record(C context) {
  if (context.frame.replay) return NotInReplay(context);
  if (!context.frame.recording.empty()) return {Kind::kRecord, {}, 0, ""};
  return Ask(context, PromptKind::kRecord, "memtop.jsonl");
}

TopCommand Seek(C context, int frames) {
  if (!context.frame.replay) return Say(context, "only in a replay: memtop --replay FILE", true);
  return {Kind::kSeek, {}, frames, {}};
}
TopCommand SeekBack(C context) { return Seek(context, -1); }
TopCommand SeekOn(C context) { return Seek(context, +1); }
TopCommand SeekFarBack(C context) { return Seek(context, -60); }
TopCommand SeekFarOn(C context) { return Seek(context, +60); }

TopCommand MoveBy(C context, ptrdiff_t rows) {
  const auto at = static_cast<ptrdiff_t>(context.state.selected) + rows;
  Select(static_cast<size_t>(std::max<ptrdiff_t>(at, 0)), context);
  return kRedraw;
}
TopCommand Up(C context) { return MoveBy(context, -1); }
TopCommand Down(C context) { return MoveBy(context, +1); }
TopCommand PageUp(C context) { return MoveBy(context, -static_cast<ptrdiff_t>(std::max<size_t>(context.page, 1))); }
TopCommand PageDown(C context) { return MoveBy(context, static_cast<ptrdiff_t>(std::max<size_t>(context.page, 1))); }
TopCommand Home(C context) {
  Select(0, context);
  return kRedraw;
}
TopCommand End(C context) {
  Select(SIZE_MAX, context);
  return kRedraw;
}
TopCommand ScrollLeft(C context) {
  if (context.state.first_field > 0) --context.state.first_field;
  return kRedraw;
}
TopCommand ScrollRight(C context) {
  TopState& state = context.state;
  if (state.first_field + 2 < state.settings.fields.size()) ++state.first_field;
  return kRedraw;
}
TopCommand Back(C context) {
  TopState& state = context.state;
  state.first_field = 0;
  state.followed.reset();
  return kRedraw;
}

// clang-format off
constexpr KeyBinding kBindings[] = {
    {"F1 h ?", "help", "these keys, and the columns", OpenHelp, true},
    {"F10 q", "quit", "end memtop", Quit, true},
    {"F3 / L", "search", "look for a text in names and command lines", Search, false},
    {"n &", "", "search on", SearchNext, false},
    {"F4 \\", "filter", "only processes whose name or command line has a text; | parts alternatives", FilterText, false},
    {"o O", "FIELD>", "only processes for which FIELD>VALUE holds (also < = and ! in front)", FilterField, false},
    {"^O", "", "the filters of fields; Enter removes one", ListFilters, false},
    {"=", "", "no filters", ClearFilters, false},
    {"u U", "user", "only one user's processes", ChooseUser, false},
    {"< ,", "sort", "sort by the column before", SortLeft, false},
    {"> .", "", "sort by the next column", SortRight, false},
    {"F6 s", "", "choose the column to sort by", ChooseSort, false},
    {"R I", "", "reverse the order", Reverse, false},
    {"M", "", "sort by resident memory", SortByMemory, false},
    {"D", "dies first", "sort by the kernel's order of killing: who dies first", SortByRank, false},
    {"G", "", "sort by growth", SortByGrowth, false},
    {"P", "", "sort by processor use", SortByProcessor, false},
    {"T", "", "sort by processor time", SortByTime, false},
    {"N", "", "sort by pid", SortByPid, false},
    {"Enter i", "inside", "the selected process' inside: its memory, classes, threads, history", OpenDetail, false},
    {"a", "OOM adjust", "adjust who dies first; the effect is shown before it is written", AdjustOom, true},
    {"F9 k", "kill", "send a signal", Kill, true},
    {"F5 t V", "tree", "processes below their parents", ToggleTree, false},
    {"- v", "", "in the tree: hide what is below the selected process, or show it again", ToggleBranch, false},
    {"+", "", "in the tree: show what is below the selected process", Expand, false},
    {"g", "group", "sums by user, by command, by control group", NextGroup, false},
    {"H", "threads", "threads, with their caches", ToggleThreads, false},
    {"K", "", "kernel's threads, or not", ToggleKernelThreads, false},
    {"F", "follow", "keep the selection on this process", Follow, false},
    {"S", "", "measure PSS and USS of the selected process now", MeasurePss, true},
    {"b", "heaps", "the heaps: their columns and bars; again for the columns before", ToggleHeaps, false},
    {"F2 f C", "columns", "choose and order the columns", ChooseColumns, false},
    {"c", "", "command lines or names", ToggleCommandLine, false},
    {"e E", "", "units: as it fits, KiB, MiB, GiB", NextScale, true},
    {"m", "", "the head: bars, figures, nothing", NextMeters, false},
    {"z", "", "colours, or none", ToggleColor, true},
    {"p Z", "pause", "stop the picture; again to go on", TogglePause, true},
    {"d", "", "seconds between refreshes", AskDelay, true},
    {"r", "record", "record into a file; again to end it", Record, true},
    {"[", "", "replay: one frame back", SeekBack, true},
    {"]", "", "replay: one frame on", SeekOn, true},
    {"{", "", "replay: 60 frames back", SeekFarBack, true},
    {"}", "", "replay: 60 frames on", SeekFarOn, true},
    {"W", "", "save the columns, the order and the look", Save, false},
    {"Space", "", "refresh now", RefreshNow, true},
    {"^L", "", "draw everything anew", Redraw, true},
    {"^Z", "", "stop memtop; fg goes on", StopProcess, true},
    {"Up ^P", "", "one row up", Up, false},
    {"Down ^N", "", "one row down", Down, false},
    {"PgUp ^B", "", "one page up", PageUp, false},
    {"PgDn ^F", "", "one page down", PageDown, false},
    {"Home ^A", "", "the first row", Home, false},
    {"End ^E", "", "the last row", End, false},
    {"Left", "", "columns further left", ScrollLeft, false},
    {"Right", "", "columns further right", ScrollRight, false},
    {"Esc", "", "back; in the table: no following, and the first columns", Back, false},
};
// clang-format on

bool HasKey(std::string_view keys, std::string_view name) {
  while (!keys.empty()) {
    const size_t blank = std::min(keys.find(' '), keys.size());
    if (keys.substr(0, blank) == name) return true;
    keys.remove_prefix(std::min(keys.size(), blank + 1));
  }
  return false;
}

bool HasSearched(const TopRow& row, std::string_view text) {
  return ContainsText(row.process->name, text) || ContainsText(row.process->command_line, text);
}

}  // namespace

std::span<const KeyBinding> KeyBindings() { return kBindings; }

const KeyBinding* FindBinding(const KeyPress& press) {
  const std::string name = NameOf(press);
  if (name.empty()) return nullptr;
  const auto found =
      std::ranges::find_if(kBindings, [&](const KeyBinding& binding) { return HasKey(binding.keys, name); });
  return found == std::end(kBindings) ? nullptr : found;
}

std::optional<TopTarget> SelectedTarget(const TopContext& context) {
  if (context.state.detail) return context.state.detail->target;
  const auto& rows = context.rows.rows;
  if (context.state.selected >= rows.size()) return std::nullopt;
  const TopRow& row = rows[context.state.selected];
  if (row.kind != TopRow::Kind::kProcess) return std::nullopt;
  return TopTarget{row.process->pid, row.process->incarnation, row.process->name};
}

void Select(size_t row, TopContext& context) {
  const size_t count = context.rows.rows.size();
  context.state.selected = count == 0 ? 0 : std::min(row, count - 1);
  context.state.followed.reset();
}

void SearchOn(TopContext& context, bool from_here) {
  const auto& rows = context.rows.rows;
  for (size_t step = from_here ? 0 : 1; step <= rows.size(); ++step) {
    if (rows.empty()) break;
    const size_t at = (context.state.selected + step) % rows.size();
    if (!HasSearched(rows[at], context.state.search)) continue;
    Select(at, context);
    return;
  }
  Say(context, "'" + context.state.search + "' is in no name and no command line", true);
}

}  // namespace glassheap::tools
