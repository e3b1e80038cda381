// Tested by tests/tools/view/resident_text_test.cc.

#include "tools/view/heap_svg.h"

#include <cstdio>

#include "tools/view/svg.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr size_t kMapColumns = 128;
constexpr size_t kRowsPerLabel = 4;

std::string TitleOf(const HeapReport& report) { return report.status.name + " (" + std::to_string(report.pid) + ")"; }

double PartOf(int64_t value, int64_t whole) {
  return whole > 0 ? static_cast<double>(value) / static_cast<double>(whole) : 0;
}

std::string Share(int64_t part, int64_t whole) {
  if (part < 0 || whole <= 0) return "-";
  return Percent(static_cast<uint64_t>(part), static_cast<uint64_t>(whole));
}

std::string Hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%012llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

std::string ResidentSvg(const HeapReport& report) {
  const Resident& resident = *report.resident;
  SvgChart chart;
  chart.title = TitleOf(report);
  chart.subtitle = "RSS " + FineSignedBytes(resident.rss) + ", by pages present; tier: " + TierName(resident.source);
  int64_t begin = 0;
  for (const ResidentBucket& bucket : kResidentBuckets) {
    const int64_t present = (resident.now.*bucket.amounts).present;
    if (present == 0) continue;
    chart.bars.push_back({bucket.label, FineSignedBytes(present), Share(present, resident.rss), bucket.note,
                          PartOf(begin, resident.rss), PartOf(present, resident.rss), bucket.color});
    begin += present;
  }
  chart.remarks = {"unattributed " + FineSignedBytes(resident.unattributed),
                   "not in RSS: live but never touched " + FineSignedBytes(resident.live_untouched) + ", swapped out " +
                       FineSignedBytes(resident.swapped)};
  return BarsSvg(chart);
}

std::string HeapMapSvg(const HeapReport& report) {
  const HeapMap& map = *report.map;
  SvgGrid grid;
  grid.title = TitleOf(report);
  grid.subtitle = "the heap's address space; a cell is " + FineBytes(map.bytes_per_cell);
  grid.columns = kMapColumns;
  for (const MapCellKind& kind : kMapCells) {
    if (kind.color != nullptr) grid.kinds.push_back({kind.label, kind.color});
  }
  for (const MapCell cell : map.cells) grid.cells.push_back(static_cast<uint8_t>(cell));
  for (size_t begin = 0; begin < map.cells.size(); begin += kMapColumns) {
    // A label is taller than a row.
    const bool shown = begin / kMapColumns % kRowsPerLabel == 0;
    grid.row_labels.push_back(shown ? Hex(map.base + begin * map.bytes_per_cell) : "");
  }
  return GridSvg(grid);
}

}  // namespace glassheap::tools
