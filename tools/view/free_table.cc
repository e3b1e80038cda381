// Tested by tests/tools/view/free_table_test.cc and tests/end_to_end/free_test.cc.

#include "tools/view/free_table.h"

#include <cstdio>

namespace glassheap::tools {
namespace {

constexpr size_t kLabelWidth = 9;
constexpr size_t kCellWidth = 11;
constexpr size_t kHumanDigits = 3;  // "8.6", "23", "-9"
constexpr std::string_view kLetters = "KMGTP";

std::string PaddedLeft(const std::string& text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

double BaseOf(UnitSystem system) { return system == UnitSystem::kBinary ? 1024.0 : 1000.0; }

double Power(double base, size_t exponent) {
  double power = 1;
  for (size_t i = 0; i < exponent; ++i) power *= base;
  return power;
}

std::string HumanCell(int64_t bytes, UnitSystem system) {
  const std::string plain = std::to_string(bytes);
  if (plain.size() <= kHumanDigits) return plain + "B";
  for (size_t step = 0;; ++step) {
    const std::string unit = std::string(1, kLetters[step]) + (system == UnitSystem::kBinary ? "i" : "");
    const double scaled = static_cast<double>(bytes) / Power(BaseOf(system), step + 1);
    char tenths[32];
    std::snprintf(tenths, sizeof tenths, "%.1f", static_cast<double>(static_cast<float>(scaled)));
    if (std::string_view(tenths).size() <= kHumanDigits) return tenths + unit;
    const std::string whole = std::to_string(static_cast<int64_t>(scaled));
    if (whole.size() <= kHumanDigits || step + 1 == kLetters.size()) return whole + unit;
  }
}

std::string Cells(std::string_view label, std::initializer_list<int64_t> values, const FreeFormat& format) {
  std::vector<std::string> cells;
  for (const int64_t value : values) cells.push_back(FreeCell(value, format));
  return FreeRow(label, cells) + "\n";
}

std::string Header(const FreeFormat& format) {
  if (format.wide) return FreeRow("", {"total", "used", "free", "shared", "buffers", "cache", "available"}) + "\n";
  return FreeRow("", {"total", "used", "free", "shared", "buff/cache", "available"}) + "\n";
}

std::string MemoryRow(const FreeColumns& m, const FreeFormat& format) {
  if (format.wide) return Cells("Mem:", {m.total, m.used, m.free, m.shared, m.buffers, m.cache, m.available}, format);
  return Cells("Mem:", {m.total, m.used, m.free, m.shared, m.buffers + m.cache, m.available}, format);
}

std::string LowHighRows(const FreeColumns& m, const FreeFormat& format) {
  return Cells("Low:", {m.low_total, m.low_used, m.low_free}, format) +
         Cells("High:", {m.high_total, m.high_used, m.high_free}, format);
}

std::string TotalRow(const FreeColumns& m, const FreeFormat& format) {
  return Cells("Total:", {m.total + m.swap_total, m.used + m.swap_used, m.free + m.swap_free}, format);
}

std::string CommittedRow(const FreeColumns& m, const FreeFormat& format) {
  return Cells("Comm:", {m.commit_limit, m.committed, m.commit_limit - m.committed}, format);
}

std::string OneLine(const FreeColumns& m, const FreeFormat& format) {
  const auto cell = [&](int64_t bytes) { return PaddedLeft(FreeCell(bytes, format), kCellWidth) + " "; };
  return "SwapUse " + cell(m.swap_used) + "CachUse " + cell(m.buffers + m.cache) + " MemUse " + cell(m.used) +
         "MemFree " + cell(m.free) + "\n";
}

}  // namespace

std::string FreeCell(int64_t bytes, const FreeFormat& format) {
  if (format.human) return HumanCell(bytes, format.system);
  const auto exponent = static_cast<size_t>(format.exponent);
  // Whole numbers for the first step, as free does it; above that it divides a double.
  if (exponent <= 1) return std::to_string(exponent == 0 ? bytes : bytes / static_cast<int64_t>(BaseOf(format.system)));
  return std::to_string(static_cast<int64_t>(static_cast<double>(bytes) / Power(BaseOf(format.system), exponent)));
}

std::string SignedCell(int64_t bytes, const FreeFormat& format, bool plus) {
  if (bytes == INT64_MIN) return FreeCell(bytes, format);
  if (bytes < 0) return "-" + FreeCell(-bytes, format);
  return (plus && bytes > 0 ? "+" : "") + FreeCell(bytes, format);
}

std::string FreeRow(std::string_view label, const std::vector<std::string>& cells) {
  std::string row(label);
  if (row.size() < kLabelWidth) row.append(kLabelWidth - row.size(), ' ');
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) row += ' ';
    row += PaddedLeft(cells[i], kCellWidth);
  }
  return row;
}

std::string FreeTable(const FreeColumns& columns, const FreeFormat& format) {
  if (format.line) return OneLine(columns, format);
  std::string text = Header(format) + MemoryRow(columns, format);
  if (format.low_high) text += LowHighRows(columns, format);
  text += Cells("Swap:", {columns.swap_total, columns.swap_used, columns.swap_free}, format);
  if (format.total) text += TotalRow(columns, format);
  if (format.committed) text += CommittedRow(columns, format);
  return text;
}

std::string HeapsRow(const HeapsSummary& heaps, const FreeFormat& format) {
  const auto human = [&](int64_t bytes) { return HumanSignedBytes(bytes, format.system); };
  std::string row = FreeRow("Heaps:", {}) + PaddedLeft(std::to_string(heaps.processes), 4) +
                    (heaps.processes == 1 ? " process" : " processes");
  if (heaps.processes > 0) {
    row += "   live " + human(heaps.live_bytes) + "   cached " + human(heaps.cached_bytes) + "   fragmented " +
           human(heaps.fragmented_bytes) + "   free " + human(heaps.free_bytes) + "   released " +
           human(heaps.released_bytes);
  }
  if (heaps.unreadable > 0) row += "   unreadable " + std::to_string(heaps.unreadable);
  if (heaps.denied > 0) {
    row += "   not seen into: " + std::to_string(heaps.denied) + (heaps.denied == 1 ? " process" : " processes") +
           " (other users' or protected)";
  }
  return row + "\n";
}

}  // namespace glassheap::tools
