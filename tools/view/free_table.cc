// Tested by tests/tools/view/free_table_test.cc.

#include "tools/view/free_table.h"

#include <cstdint>
#include <vector>

namespace glassheap::tools {
namespace {

constexpr size_t kLabelWidth = 9;
constexpr size_t kCellWidth = 11;

std::string PaddedLeft(const std::string& text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string PaddedRight(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string Row(const std::string& label, const std::vector<std::string>& cells) {
  std::string row = PaddedRight(label, kLabelWidth);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) row += ' ';
    row += PaddedLeft(cells[i], kCellWidth);
  }
  return row + "\n";
}

std::string Cell(uint64_t bytes, const FreeFormat& format) {
  return format.human ? HumanBytes(bytes, format.system)
                      : std::to_string(ScaleBytes(bytes, format.exponent, format.system));
}

std::string SignedCell(int64_t bytes, const FreeFormat& format) {
  if (bytes >= 0) return Cell(static_cast<uint64_t>(bytes), format);
  return "-" + Cell(-static_cast<uint64_t>(bytes), format);
}

std::string Row(const std::string& label, const std::vector<uint64_t>& values, const FreeFormat& format) {
  std::vector<std::string> cells;
  for (const uint64_t value : values) cells.push_back(Cell(value, format));
  return Row(label, cells);
}

std::string Header(const FreeFormat& format) {
  if (format.wide) return Row("", {"total", "used", "free", "shared", "buffers", "cache", "available"});
  return Row("", {"total", "used", "free", "shared", "buff/cache", "available"});
}

std::string MemoryRow(const SystemMemory& memory, const FreeFormat& format) {
  std::vector<uint64_t> values = {memory.total, memory.used, memory.free, memory.shared};
  if (format.wide) {
    values.insert(values.end(), {memory.buffers, memory.cache});
  } else {
    values.push_back(memory.buffers + memory.cache);
  }
  values.push_back(memory.available);
  return Row("Mem:", values, format);
}

std::string LowHighRows(const SystemMemory& memory, const FreeFormat& format) {
  return Row("Low:", {memory.low_total, memory.low_total - memory.low_free, memory.low_free}, format) +
         Row("High:", {memory.high_total, memory.high_total - memory.high_free, memory.high_free}, format);
}

std::string TotalRow(const SystemMemory& memory, const FreeFormat& format) {
  return Row(
      "Total:", {memory.total + memory.swap_total, memory.used + memory.swap_used, memory.free + memory.swap_free},
      format);
}

std::string CommittedRow(const SystemMemory& memory, const FreeFormat& format) {
  const int64_t left = static_cast<int64_t>(memory.commit_limit - memory.committed);
  return Row("Comm:", {Cell(memory.commit_limit, format), Cell(memory.committed, format), SignedCell(left, format)});
}

}  // namespace

std::string FreeTable(const SystemMemory& memory, const FreeFormat& format) {
  std::string text = Header(format) + MemoryRow(memory, format);
  if (format.low_high) text += LowHighRows(memory, format);
  text += Row("Swap:", {memory.swap_total, memory.swap_used, memory.swap_free}, format);
  if (format.total) text += TotalRow(memory, format);
  if (format.committed) text += CommittedRow(memory, format);
  return text;
}

std::string HeapsRow(const HeapsSummary& heaps, const FreeFormat& format) {
  const auto human = [&](int64_t bytes) { return HumanSignedBytes(bytes, format.system); };
  std::string row = PaddedRight("Heaps:", kLabelWidth) + PaddedLeft(std::to_string(heaps.processes), 4) +
                    (heaps.processes == 1 ? " process" : " processes");
  if (heaps.processes > 0) {
    row += "   live " + human(heaps.live_bytes) + "   cached " + human(heaps.cached_bytes) + "   fragmented " +
           human(heaps.fragmented_bytes) + "   free " + human(heaps.free_bytes) + "   released " +
           human(heaps.released_bytes);
  }
  if (heaps.unreadable > 0) row += "   unreadable " + std::to_string(heaps.unreadable);
  return row + "\n";
}

}  // namespace glassheap::tools
