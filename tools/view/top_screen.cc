// Tested by tests/tools/view/top_screen_test.cc.

#include "tools/view/top_screen.h"

#include <algorithm>

#include "tools/view/sanitize.h"
#include "tools/view/table.h"

namespace glassheap::tools {
namespace {

constexpr char kDefaultFields[] =
    "pid,user,rank,oom_score_adj,rss,swap,growth_per_minute,heap_live,heap_"
    "cached,heap_fragmented,"
    "heap_allocated_per_second,command_line";
constexpr char kJsonFields[] =
    "pid,ppid,user,command,command_line,state,threads,rss,rss_anon,rss_file,"
    "rss_shmem,swap,page_tables,"
    "growth_per_minute,rank,oom_score,oom_score_adj,oom_adj,badness_bytes,heap_"
    "live,heap_cached,heap_fragmented,"
    "heap_released,heap_mapped,heap_allocated_per_second";

// On a narrow screen these give way, the first one first; then any other, from the right.
constexpr std::string_view kGiveWay[] = {"heap_allocated_per_second",
                                         "swap",
                                         "heap_fragmented",
                                         "growth_per_minute",
                                         "user",
                                         "oom_score_adj",
                                         "heap_cached",
                                         "rank",
                                         "heap_live"};
constexpr size_t kLeastOfLast = 12;  // columns of the last field

constexpr size_t kHeaderRows = 3;
constexpr size_t kFixedRows = kHeaderRows + 2;  // the table's heading and the keys

struct KeyHelp {
  const char* keys;
  const char* what;
};

constexpr KeyHelp kKeys[] = {
    {"q", "quit"},
    {"h", "help"},
    {"< >", "sort"},
    {"R", "reverse"},
    {"M", "by memory"},
    {"O", "by OOM order"},
    {"N", "by pid"},
    {"Space", "refresh now"},
    {"Up Down PgUp PgDn Home End", "scroll"},
};

// So that figures do not make the columns jump from one refresh to the next.
size_t LeastWidth(const ProcessColumn& column) {
  switch (column.unit) {
    case ProcessUnit::kText:
      return column.key == "user" ? 8 : column.heading.size();
    case ProcessUnit::kNumber:
      return std::max<size_t>(column.heading.size(), 5);
    default:
      return std::max<size_t>(column.heading.size(), 6);
  }
}

std::string CellText(const ProcessColumn& column, const Process& process) {
  std::string text = ProcessText(column, process);
  if (column.unit == ProcessUnit::kBytesPerMinute && process.growth_sustained) text += "^";
  return text;
}

size_t WidthOf(const ProcessColumn& column, std::span<const Process> processes) {
  constexpr size_t kMost = 10;  // a long user name is cut rather than the table
  size_t width = LeastWidth(column);
  for (const Process& process : processes) width = std::max(width, DisplayWidth(CellText(column, process)));
  return std::min(width, kMost);
}

std::string Pad(const std::string& text, size_t width, bool left) {
  const std::string fitted = FitWidth(text, width);
  const std::string blanks(width - std::min(width, DisplayWidth(fitted)), ' ');
  return left ? fitted + blanks : blanks + fitted;
}

struct PlacedColumn {
  const ProcessColumn* column;
  size_t start;
  size_t width;
};

std::vector<PlacedColumn> Place(const ProcessFields& fields, std::span<const Process> processes, size_t width) {
  std::vector<PlacedColumn> placed;
  size_t start = 0;
  for (const ProcessColumn* field : fields) {
    const bool last = field == fields.back();
    const size_t rest = width > start ? width - start : 0;
    const size_t own = last && IsText(*field) ? rest : std::min(rest, WidthOf(*field, processes));
    placed.push_back({field, start, own});
    start += own + 1;
  }
  return placed;
}

Style StyleOf(const ProcessColumn& column, const Process& process) {
  if (column.needs & kNeedsHeap) return process.heap ? Style::kHeap : Style::kDim;
  if (column.unit == ProcessUnit::kBytesPerMinute && process.growth_sustained) return Style::kWarning;
  return process.kernel_thread ? Style::kDim : Style::kPlain;
}

void DrawHeading(const std::vector<PlacedColumn>& columns, const ProcessSort& sort, size_t row, Screen& screen) {
  screen.Fill(row, Style::kHeading);
  for (const PlacedColumn& placed : columns) {
    const Style style = placed.column == sort.column ? Style::kSorted : Style::kHeading;
    const std::string text = Pad(std::string(placed.column->heading), placed.width, IsText(*placed.column));
    screen.Put(row, placed.start, text, style);
    if (placed.start > 0) screen.Put(row, placed.start - 1, " ", Style::kHeading);
  }
}

void DrawProcess(const std::vector<PlacedColumn>& columns, const Process& process, size_t row, Screen& screen) {
  for (const PlacedColumn& placed : columns) {
    const std::string text = CellText(*placed.column, process);
    screen.Put(row, placed.start, Pad(text, placed.width, IsText(*placed.column)), StyleOf(*placed.column, process));
  }
}

void DrawKeys(size_t row, Screen& screen) {
  size_t column = 0;
  for (const KeyHelp& key : kKeys) {
    const size_t width = DisplayWidth(key.keys) + 1 + DisplayWidth(key.what);
    if (column + width > screen.width()) return;
    screen.Put(row, column, key.keys, Style::kKey);
    screen.Put(row, column + DisplayWidth(key.keys) + 1, key.what, Style::kDim);
    column += width + 2;
  }
}

size_t Scrolled(Key key, size_t rows, size_t page, size_t first) {
  const size_t last = rows > page ? rows - page : 0;
  switch (key) {
    case Key::kUp:
      return first > 0 ? first - 1 : 0;
    case Key::kDown:
      return std::min(first + 1, last);
    case Key::kPageUp:
      return first > page ? first - page : 0;
    case Key::kPageDown:
      return std::min(first + page, last);
    case Key::kHome:
      return 0;
    case Key::kEnd:
      return last;
    default:
      return first;
  }
}

std::vector<StyledLine> HelpLines() {
  std::vector<StyledLine> lines;
  for (const KeyHelp& key : kKeys) {
    lines.push_back({{Pad(key.keys, 30, true), Style::kKey}, {key.what}});
  }
  lines.push_back({});
  for (const ProcessColumn& column : ProcessColumns()) {
    lines.push_back({{Pad(std::string(column.heading), 12, true), Style::kStrong}, {std::string(column.help)}});
  }
  return lines;
}

void DrawHelp(size_t first, Screen& screen) {
  screen.Put(0, 0, "memtop: keys and columns   (Up, Down: scroll, any other key: back)", Style::kStrong);
  const std::vector<StyledLine> lines = HelpLines();
  for (size_t row = 2; row < screen.height() && first + row - 2 < lines.size(); ++row) {
    screen.Put(row, 2, lines[first + row - 2]);
  }
}

TopAction PressKeyInHelp(const KeyPress& press, size_t page, TopView& view) {
  view.help = press.key != Key::kOther;
  view.help_row = view.help ? Scrolled(press.key, HelpLines().size(), page, view.help_row) : 0;
  return TopAction::kRedraw;
}

// The next shown field after the one sorted by, or the one before.
void MoveSort(int step, TopView& view) {
  const auto found = std::ranges::find(view.fields, view.sort.column);
  const auto count = static_cast<int>(view.fields.size());
  const int at = found == view.fields.end() ? 0 : static_cast<int>(found - view.fields.begin()) + step;
  view.sort.column = view.fields[static_cast<size_t>((at + count) % count)];
  view.sort.largest_first = view.sort.column->largest_first;
}

TopAction SortBy(const char* field, TopView& view) {
  view.sort = *ParseProcessSort(field);
  return TopAction::kRedraw;
}

// The page that begins at first, or the last one when there are fewer by now.
std::span<const Process> ShownProcesses(const std::vector<Process>& processes, size_t first, size_t rows) {
  const size_t last = processes.size() > rows ? processes.size() - rows : 0;
  const std::span<const Process> rest = std::span(processes).subspan(std::min(first, last));
  return rest.first(std::min(rows, rest.size()));
}

}  // namespace

ProcessFields TopDefaultFields() { return *ParseProcessFields(kDefaultFields); }
ProcessFields TopJsonFields() { return *ParseProcessFields(kJsonFields); }

size_t TableRows(size_t height) { return height > kFixedRows ? height - kFixedRows : 0; }

ProcessFields FieldsThatFit(const ProcessFields& fields, std::span<const Process> processes, size_t width) {
  ProcessFields kept = fields;
  std::vector<std::string_view> give_way(std::begin(kGiveWay), std::end(kGiveWay));
  for (;;) {
    size_t needed = kLeastOfLast;
    for (size_t i = 0; i + 1 < kept.size(); ++i) needed += WidthOf(*kept[i], processes) + 1;
    if (needed <= width || give_way.empty()) return kept;
    std::erase_if(kept,
                  [&](const ProcessColumn* field) { return field->key == give_way.front() && field != fields.back(); });
    give_way.erase(give_way.begin());
  }
}

Screen DrawTop(const TopFrame& frame, const TopView& view, size_t width, size_t height) {
  Screen screen(width, height);
  if (view.help) {
    DrawHelp(view.help_row, screen);
    return screen;
  }
  size_t row = 0;
  for (const StyledLine& line : TopHeader(frame.machine, width, view.glyphs)) screen.Put(row++, 0, line);
  const std::span<const Process> shown = ShownProcesses(frame.processes, view.first_row, TableRows(height));
  const auto columns = Place(FieldsThatFit(view.fields, shown, width), shown, width);
  DrawHeading(columns, view.sort, row++, screen);
  for (const Process& process : shown) DrawProcess(columns, process, row++, screen);
  if (height > kFixedRows) DrawKeys(height - 1, screen);
  return screen;
}

std::string TopText(const TopFrame& frame, const TopView& view, size_t max_width) {
  constexpr size_t kHeaderWidth = 132;
  std::string text;
  for (const StyledLine& line : TopHeader(frame.machine, max_width == 0 ? kHeaderWidth : max_width, view.glyphs)) {
    text += PlainText(line) + "\n";
  }
  std::vector<Column> columns;
  for (const ProcessColumn* field : view.fields) {
    columns.push_back({std::string(field->heading), IsText(*field) ? Align::kLeft : Align::kRight, LeastWidth(*field)});
  }
  TableStyle style;
  style.gap = " ";
  style.max_width = max_width;
  Table table(std::move(columns), style);
  for (const Process& process : frame.processes) {
    std::vector<std::string> cells;
    for (const ProcessColumn* field : view.fields) cells.push_back(CellText(*field, process));
    table.AddRow(std::move(cells));
  }
  return text + "\n" + table.Text();
}

TopAction PressKey(const KeyPress& press, size_t rows, size_t page, TopView& view) {
  if (press.key == Key::kOther && press.character == 'q') return TopAction::kQuit;
  if (view.help) return PressKeyInHelp(press, page, view);
  view.first_row = Scrolled(press.key, rows, page, view.first_row);
  switch (press.character) {
    case 'h':
    case '?':
      view.help = true;
      return TopAction::kRedraw;
    case '<':
      MoveSort(-1, view);
      return TopAction::kRedraw;
    case '>':
      MoveSort(+1, view);
      return TopAction::kRedraw;
    case 'R':
    case 'I':
      view.sort.largest_first = !view.sort.largest_first;
      return TopAction::kRedraw;
    case 'M':
      return SortBy("rss", view);
    case 'O':
      return SortBy("rank", view);
    case 'N':
      return SortBy("pid", view);
    case ' ':
      return TopAction::kRefresh;
    default:
      return press.key == Key::kOther ? TopAction::kNone : TopAction::kRedraw;
  }
}

}  // namespace glassheap::tools
