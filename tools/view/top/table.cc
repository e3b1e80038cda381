// Tested by tests/tools/view/top/screen_test.cc.

#include "tools/view/top/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tools/view/sanitize.h"
#include "tools/view/table.h"

namespace glassheap::tools {
namespace {

constexpr char kDefaultFields[] =
    "pid,user,rank,oom_score_adj,rss,swap,growth_per_minute,heap_live,heap_cached,heap_fragmented,"
    "heap_live_percent,heap_allocated_per_second,command_line";
constexpr char kHeapFields[] =
    "pid,user,rss,growth_per_minute,heap_live,heap_cached,heap_fragmented,heap_live_percent,heap_released,"
    "heap_allocated_per_second,heap_caches,command_line";
constexpr char kJsonFields[] =
    "pid,ppid,user,command,command_line,state,threads,rss,rss_anon,rss_file,rss_shmem,swap,page_tables,"
    "growth_per_minute,rank,oom_score,oom_score_adj,oom_adj,badness_bytes,heap_live,heap_cached,heap_fragmented,"
    "heap_released,heap_mapped,heap_allocated_per_second";

// On a narrow screen these give way, the first one first; then any other, from the right.
constexpr std::string_view kGiveWay[] = {"heap_caches",
                                         "heap_released",
                                         "heap_allocated_per_second",
                                         "swap",
                                         "heap_live_percent",
                                         "heap_fragmented",
                                         "growth_per_minute",
                                         "user",
                                         "oom_score_adj",
                                         "heap_cached",
                                         "rank",
                                         "heap_live"};
constexpr size_t kLeastOfLast = 12;  // columns of the last field
constexpr size_t kMostOfOne = 10;    // a long user name is cut rather than the table
constexpr size_t kMostOfText = 24;

// So that figures do not make the columns jump from one refresh to the next.
size_t LeastWidth(const ProcessColumn& column) {
  if (column.bar != nullptr) return kBarCells;
  switch (column.unit) {
    case ProcessUnit::kText:
      return column.key == "user" ? 8 : column.heading.size();
    case ProcessUnit::kNumber:
    case ProcessUnit::kPercent:
      return std::max<size_t>(column.heading.size(), 5);
    default:
      return std::max<size_t>(column.heading.size(), 6);
  }
}

bool IsCommand(const ProcessColumn& column) { return column.key == "command_line" || column.key == "command"; }

// Of a thread only what it caches is known: the rest of a heap is nobody's or everybody's.
bool IsUnknown(const ProcessColumn& column, const TopRow& row) {
  if (row.kind != TopRow::Kind::kThread || !(column.needs & kNeedsHeap)) return false;
  return column.key != "heap_cached" && column.key != "heap_allocated_per_second";
}

std::string CellText(const ProcessColumn& column, const TopRow& row, ByteScale scale) {
  if (IsUnknown(column, row)) return "-";
  std::string text = ProcessText(column, *row.process, scale);
  if (column.unit == ProcessUnit::kBytesPerMinute && row.process->growth_sustained) text += "^";
  if (IsCommand(column)) text = row.branch + text;
  return text;
}

size_t WidthOf(const ProcessColumn& column, std::span<const TopRow> rows, ByteScale scale) {
  size_t width = LeastWidth(column);
  for (const TopRow& row : rows) width = std::max(width, DisplayWidth(CellText(column, row, scale)));
  const bool long_text = IsText(column) && column.key != "user";
  return std::min(width, std::max(long_text ? kMostOfText : kMostOfOne, column.heading.size()));
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

std::vector<PlacedColumn> Place(const ProcessFields& fields, std::span<const TopRow> rows, ByteScale scale,
                                size_t width) {
  std::vector<PlacedColumn> placed;
  size_t start = 0;
  for (const ProcessColumn* field : fields) {
    const bool last = field == fields.back();
    const size_t rest = width > start ? width - start : 0;
    const size_t own = last && IsText(*field) ? rest : std::min(rest, WidthOf(*field, rows, scale));
    placed.push_back({field, start, own});
    start += own + 1;
  }
  return placed;
}

// Without those that are scrolled out: the first field stays.
ProcessFields FieldsInView(const TopState& state) {
  ProcessFields fields = state.settings.fields;
  const size_t out = fields.empty() ? 0 : std::min(state.first_field, fields.size() - 1);
  if (out > 0) fields.erase(fields.begin() + 1, fields.begin() + 1 + static_cast<ptrdiff_t>(out));
  return fields;
}

std::span<const TopRow> RowsInView(const TopRows& rows, const TopState& state, size_t page) {
  const size_t first = std::min(state.first_row, rows.rows.size());
  return std::span(rows.rows).subspan(first, std::min(page, rows.rows.size() - first));
}

std::vector<PlacedColumn> PlaceAll(const TopRows& rows, const TopState& state, size_t page, size_t width) {
  const auto shown = RowsInView(rows, state, page);
  const ByteScale scale = state.settings.scale;
  return Place(FieldsThatFit(FieldsInView(state), shown, scale, width), shown, scale, width);
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
    const std::string text = Pad(std::string(placed.column->heading), placed.width, IsLeftAligned(*placed.column));
    screen.Put(row, placed.start, text, style);
    if (placed.start > 0) screen.Put(row, placed.start - 1, " ", Style::kHeading);
  }
}

void DrawRow(const std::vector<PlacedColumn>& columns, const TopRow& row, const TopState& state, size_t screen_row,
             bool selected, Screen& screen) {
  for (const PlacedColumn& placed : columns) {
    if (placed.column->bar != nullptr && row.process->heap && !IsUnknown(*placed.column, row)) {
      if (placed.width >= kBarCells)
        screen.Put(screen_row, placed.start, placed.column->bar(*row.process, state.glyphs));
      continue;
    }
    const std::string text = CellText(*placed.column, row, state.settings.scale);
    const Style style = row.kind == TopRow::Kind::kThread ? Style::kDim : StyleOf(*placed.column, *row.process);
    screen.Put(screen_row, placed.start, Pad(text, placed.width, IsLeftAligned(*placed.column)), style);
  }
  if (selected) screen.Fill(screen_row, Style::kSelected);
}

std::string CsvText(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string CsvCell(const ProcessValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return CsvText(SanitizeText(*text));
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr || !std::isfinite(*number)) return "";
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", *number);
  return text;
}

}  // namespace

ProcessFields TopDefaultFields() { return *ParseProcessFields(kDefaultFields); }
ProcessFields TopHeapFields() { return *ParseProcessFields(kHeapFields); }
ProcessFields TopJsonFields() { return *ParseProcessFields(kJsonFields); }

ProcessFields FieldsThatFit(const ProcessFields& fields, std::span<const TopRow> rows, ByteScale scale, size_t width) {
  ProcessFields kept = fields;
  std::vector<std::string_view> give_way(std::begin(kGiveWay), std::end(kGiveWay));
  for (;;) {
    size_t needed = kLeastOfLast;
    for (size_t i = 0; i + 1 < kept.size(); ++i) needed += WidthOf(*kept[i], rows, scale) + 1;
    if (needed <= width || give_way.empty()) return kept;
    std::erase_if(kept,
                  [&](const ProcessColumn* field) { return field->key == give_way.front() && field != fields.back(); });
    give_way.erase(give_way.begin());
  }
}

void DrawTable(const TopRows& rows, const TopState& state, size_t first_screen_row, size_t page, Screen& screen) {
  const auto columns = PlaceAll(rows, state, page, screen.width());
  DrawHeading(columns, state.settings.sort, first_screen_row, screen);
  size_t screen_row = first_screen_row + 1;
  size_t index = std::min(state.first_row, rows.rows.size());
  for (const TopRow& row : RowsInView(rows, state, page)) {
    DrawRow(columns, row, state, screen_row++, index++ == state.selected, screen);
  }
}

const ProcessColumn* HeadingAt(const TopRows& rows, const TopState& state, size_t page, size_t width, size_t column) {
  for (const PlacedColumn& placed : PlaceAll(rows, state, page, width)) {
    if (column >= placed.start && column <= placed.start + placed.width) return placed.column;
  }
  return nullptr;
}

std::string TableText(const TopRows& rows, const TopSettings& settings, size_t max_width) {
  std::vector<Column> columns;
  for (const ProcessColumn* field : settings.fields) {
    columns.push_back(
        {std::string(field->heading), IsLeftAligned(*field) ? Align::kLeft : Align::kRight, LeastWidth(*field)});
  }
  TableStyle style;
  style.gap = " ";
  style.max_width = max_width;
  Table table(std::move(columns), style);
  for (const TopRow& row : rows.rows) {
    std::vector<std::string> cells;
    for (const ProcessColumn* field : settings.fields) cells.push_back(CellText(*field, row, settings.scale));
    table.AddRow(std::move(cells));
  }
  return table.Text();
}

std::string TableCsvHeading(const ProcessFields& fields) {
  std::string line = "time";
  for (const ProcessColumn* field : fields) line += "," + std::string(field->key);
  return line + "\r\n";
}

std::string TableCsv(const TopRows& rows, const ProcessFields& fields, double realtime_seconds) {
  char time[32];
  std::snprintf(time, sizeof time, "%.3f", realtime_seconds);
  std::string text;
  for (const TopRow& row : rows.rows) {
    text += time;
    for (const ProcessColumn* field : fields) text += "," + CsvCell(field->value(*row.process));
    text += "\r\n";
  }
  return text;
}

}  // namespace glassheap::tools
