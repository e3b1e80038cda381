// Tested by tests/tools/view/resident_text_test.cc.

#include "tools/view/resident_text.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr size_t kMinWidthForBars = 60;
constexpr size_t kMinWidthForNotes = 90;
constexpr size_t kMaxBar = 46;
constexpr size_t kLegendWidth = 79;

std::string Share(int64_t part, int64_t whole) {
  if (part < 0 || whole <= 0) return "-";
  return Percent(static_cast<uint64_t>(part), static_cast<uint64_t>(whole));
}

// Of `width` cells: where a part of the whole begins and ends. What is there has a cell, however small.
std::pair<size_t, size_t> CellsOf(int64_t begin, int64_t length, int64_t whole, size_t width) {
  if (whole <= 0 || length <= 0 || width == 0) return {0, 0};
  const auto cell = [&](int64_t at) {
    const double part = static_cast<double>(std::clamp<int64_t>(at, 0, whole)) / static_cast<double>(whole);
    return static_cast<size_t>(part * static_cast<double>(width) + 0.5);
  };
  const size_t first = std::min(cell(begin), width - 1);
  return {first, std::max(cell(begin + length), first + 1)};
}

StyledLine Bar(int64_t begin, int64_t length, int64_t whole, size_t width, Style style) {
  const auto [first, last] = CellsOf(begin, length, whole, width);
  return {{std::string(first, '.'), Style::kDim},
          {std::string(last - first, '#'), style},
          {std::string(width - last, '.'), Style::kDim}};
}

Style StyleOf(const ResidentBucket& bucket) {
  if (bucket.amounts == &ResidentAmounts::live_touched) return Style::kHeap;
  return bucket.of_heap ? Style::kCache : Style::kUsed;
}

// "1.2Mi .. 3.4Mi" in the published tier, else the bucket's own note.
std::string NoteOf(const Resident& resident, size_t bucket) {
  if (bucket < resident.bounds.size() && kResidentBuckets[bucket].of_heap) {
    const HeapInterval& bounds = resident.bounds[bucket];
    if (bounds.low != bounds.high) return FineSignedBytes(bounds.low) + " to " + FineSignedBytes(bounds.high);
  }
  const bool internal = kResidentBuckets[bucket].amounts == &ResidentAmounts::internal_frag_est;
  if (internal) return "estimate; at most " + FineSignedBytes(resident.internal_frag_max);
  return kResidentBuckets[bucket].note;
}

struct Row {
  std::string label;
  std::string figure;
  std::string share;
  std::string note;
  int64_t begin = 0;
  int64_t length = 0;
  Style style = Style::kPlain;
};

std::vector<Row> RowsOf(const Resident& resident) {
  std::vector<Row> rows;
  int64_t begin = 0;
  for (size_t i = 0; i < kResidentBucketCount; ++i) {
    const ResidentBucket& bucket = kResidentBuckets[i];
    const int64_t present = (resident.now.*bucket.amounts).present;
    if (present == 0) continue;
    rows.push_back({bucket.label, FineSignedBytes(present), Share(present, resident.rss), NoteOf(resident, i), begin,
                    present, StyleOf(bucket)});
    begin += present;
  }
  return rows;
}

size_t Widest(const std::vector<Row>& rows, std::string Row::*field) {
  size_t width = 0;
  for (const Row& row : rows) width = std::max(width, DisplayWidth(StyledLine{{row.*field, Style::kPlain}}));
  return width;
}

std::string Pad(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}
std::string PadLeft(const std::string& text, size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

StyledLine RowLine(const Row& row, const std::vector<Row>& rows, int64_t whole, size_t bar, bool notes) {
  StyledLine line = {{"  ", Style::kPlain}};
  if (bar > 0) {
    for (StyledText& part : Bar(row.begin, row.length, whole, bar, row.style)) line.push_back(std::move(part));
    line.push_back({"  ", Style::kPlain});
  }
  std::string text = Pad(row.label, Widest(rows, &Row::label)) + "  " +
                     PadLeft(row.figure, Widest(rows, &Row::figure)) + "  " +
                     PadLeft(row.share, Widest(rows, &Row::share));
  line.push_back({std::move(text), Style::kPlain});
  if (notes && !row.note.empty()) line.push_back({"  " + row.note, Style::kDim});
  return line;
}

// "unattributed 212Ki (RSS moved by 1.2Mi while it was read)"
std::string UnattributedText(const Resident& resident) {
  std::string text = "  unattributed " + FineSignedBytes(resident.unattributed) + ", " +
                     Share(std::abs(resident.unattributed), resident.rss);
  if (resident.moved != 0) text += "; RSS moved by " + FineSignedBytes(resident.moved) + " while it was read";
  if (!resident.complete) text += "; too many pages to look at all of them";
  return text;
}

std::string OutsideText(const Resident& resident) {
  std::string text = "  not in RSS: live but never touched ";
  if (resident.source == TierSource::kPublished) text += "~";
  text += FineSignedBytes(resident.live_untouched) + ", swapped out " + FineSignedBytes(resident.swapped);
  if (resident.huge > 0) text += "; huge pages hold " + FineSignedBytes(resident.huge) + " of RSS";
  return text;
}

std::string Histogram(const std::array<uint64_t, kOccupancySteps>& occupancy) {
  std::string text;
  char cell[24];
  for (const uint64_t spans : occupancy) {
    std::snprintf(cell, sizeof cell, "%6llu", static_cast<unsigned long long>(spans));
    text += cell;
  }
  return text;
}

std::string Hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%012llx", static_cast<unsigned long long>(value));
  return text;
}

const MapCellKind& KindOf(MapCell cell) { return kMapCells[static_cast<size_t>(cell)]; }

}  // namespace

std::vector<StyledLine> ResidentLines(const Resident& resident, size_t width) {
  const std::vector<Row> rows = RowsOf(resident);
  const size_t figures = Widest(rows, &Row::label) + Widest(rows, &Row::figure) + Widest(rows, &Row::share) + 8;
  size_t bar = 0;
  if (width >= kMinWidthForBars && width > figures) {
    const size_t notes = width >= kMinWidthForNotes ? Widest(rows, &Row::note) + 2 : 0;
    bar = std::min(kMaxBar, width > figures + notes ? width - figures - notes : 0);
  }
  std::vector<StyledLine> lines;
  for (const Row& row : rows) {
    lines.push_back(RowLine(row, rows, resident.rss, bar, width >= kMinWidthForNotes));
  }
  lines.push_back({{UnattributedText(resident), Style::kPlain}});
  lines.push_back({{OutsideText(resident), Style::kPlain}});
  return lines;
}

std::vector<std::string> SpansLines(const std::vector<ClassFragmentation>& classes, size_t max_rows) {
  std::vector<ClassFragmentation> sorted = classes;
  std::ranges::stable_sort(sorted, std::greater(), &ClassFragmentation::pinned_bytes);
  const size_t shown = max_rows == 0 ? sorted.size() : std::min(max_rows, sorted.size());
  Table table({{"SIZE"},
               {"SPANS"},
               {"SLOTS"},
               {"IN USE"},
               {"FREE"},
               {"PINNED"},
               {"SPANS BY USE: <=1/8  2/8   3/8   4/8   5/8   6/8   7/8  full", Align::kLeft}},
              {.indent = "  "});
  for (size_t i = 0; i < shown; ++i) {
    const ClassFragmentation& one = sorted[i];
    table.AddRow({std::to_string(one.size), std::to_string(one.spans), std::to_string(one.slots),
                  Share(static_cast<int64_t>(one.slots - one.free_slots), static_cast<int64_t>(one.slots)),
                  FineSignedBytes(one.free_bytes), FineSignedBytes(one.pinned_bytes),
                  "             " + Histogram(one.occupancy)});
  }
  std::vector<std::string> lines = table.Lines();
  for (std::string& line : lines) line.erase(line.find_last_not_of('\n') + 1);
  if (shown < sorted.size()) lines.push_back("  and " + std::to_string(sorted.size() - shown) + " classes more");
  return lines;
}

std::vector<std::string> MapLines(const HeapMap& map, size_t columns) {
  columns = std::max<size_t>(columns, 1);
  std::vector<std::string> lines;
  std::string last;
  bool skipped = false;
  for (size_t begin = 0; begin < map.cells.size(); begin += columns) {
    std::string cells;
    for (size_t i = begin; i < std::min(begin + columns, map.cells.size()); ++i) cells += KindOf(map.cells[i]).letter;
    // Rows that are all alike are shown once, as hexdump does.
    const bool uniform = cells.find_first_not_of(cells.front()) == std::string::npos;
    if (uniform && cells == last) {
      if (!skipped) lines.push_back("  *");
      skipped = true;
      continue;
    }
    skipped = false;
    last = cells;
    lines.push_back("  " + Hex(map.base + begin * map.bytes_per_cell) + " " + cells);
  }
  lines.push_back("  a cell is " + FineBytes(map.bytes_per_cell));
  std::string legend = " ";
  for (const MapCellKind& kind : kMapCells) {
    if (kind.letter == ' ') continue;
    const std::string entry = std::string("  ") + kind.letter + " " + kind.label;
    if (legend.size() + entry.size() > kLegendWidth) lines.push_back(std::exchange(legend, " "));
    legend += entry;
  }
  lines.push_back(legend);
  return lines;
}

}  // namespace glassheap::tools
