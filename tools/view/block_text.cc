// Tested by tests/tools/view/block_text_test.cc.

#include "tools/view/block_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "tools/view/sanitize.h"
#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kHeader = sizeof(abi::BlockHeader);
constexpr uint64_t kCell = 16;        // bytes a character stands for in a block's picture
constexpr uint64_t kWholeCells = 24;  // of longer data both ends are drawn
constexpr size_t kStripColumns = 64;
constexpr size_t kStripRows = 4;

struct Sums {
  uint64_t used = 0, free = 0;  // blocks
  uint64_t headers = 0, asked = 0, padding = 0, free_bytes = 0, largest = 0;
  uint64_t whole() const { return headers + asked + padding + free_bytes; }
};

Sums SumUp(const BlockListImage& list) {
  Sums sums;
  sums.headers = kHeader * list.blocks.size();
  for (const Block& block : list.blocks) {
    (block.used ? sums.used : sums.free) += 1;
    if (block.used) {
      sums.asked += block.size - block.padding;
      sums.padding += block.padding;
    } else {
      sums.free_bytes += block.size;
      sums.largest = std::max(sums.largest, block.size);
    }
  }
  return sums;
}

const char* FitName(abi::BlockFit fit) {
  switch (fit) {
    case abi::BlockFit::kFirst:
      return "first";
    case abi::BlockFit::kNext:
      return "next";
    case abi::BlockFit::kBest:
      return "best";
  }
  return "unknown";
}

std::string HowRead(const BlockListImage& list) {
  if (!list.complete) return "; read until " + list.problem + (list.moved ? ", as it moved meanwhile" : "");
  return list.moved ? "; it moved while it was read" : "; nothing moved while it was read";
}

// What a cell of 16 bytes is mostly for.
char CellAt(const Block& block, uint64_t cell) {
  if (!block.used) return '_';
  const uint64_t asked = block.size - block.padding;
  const uint64_t from = cell * kCell;
  if (from >= asked) return '.';
  return '#';
}

// "[hh|##.]": two cells of header, then the data.
std::string Picture(const Block& block) {
  const uint64_t cells = block.size / kCell;
  std::string data;
  for (uint64_t cell = 0; cell < cells; ++cell) {
    if (cells > kWholeCells && cell == kWholeCells / 2) {
      data += "~";
      cell = cells - kWholeCells / 2;
    }
    data += CellAt(block, cell);
  }
  return "[hh|" + data + "]";
}

std::string AddressOf(uint64_t address, const BlockListImage& list, bool relative) {
  if (relative) return fmt::format("+{}", address - list.blocks.front().address);
  return fmt::format("{:016x}", address);
}

void AddBlock(Table& table, const BlockListImage& list, size_t index, bool relative) {
  const Block& block = list.blocks[index];
  const bool last = index + 1 == list.blocks.size();
  const std::string next =
      last ? (list.complete ? "end" : "?") : AddressOf(list.blocks[index + 1].address, list, relative);
  const std::string asked = block.used ? std::to_string(block.size - block.padding) : "-";
  table.AddRow({AddressOf(block.address, list, relative), block.used ? "used" : "free", std::to_string(kHeader),
                std::to_string(block.size), asked, block.used ? std::to_string(block.padding) : "-", next,
                Picture(block)});
  if (!last && list.blocks[index + 1].address != block.end()) {
    table.AddRow(
        {"", "", "", std::to_string(list.blocks[index + 1].address - block.end()), "", "", "", "not the heap's"});
  }
}

std::string BlocksTable(const BlockListImage& list, const BlockTextOptions& options) {
  Table table({{"HEADER AT"},
               {"STATE", Align::kLeft},
               {"HEADER"},
               {"SIZE"},
               {"ASKED"},
               {"PADDING"},
               {"NEXT"},
               {"PICTURE", Align::kLeft}},
              {.indent = "  "});
  const size_t all = list.blocks.size();
  const size_t shown = options.max_rows == 0 ? all : std::min(all, options.max_rows);
  for (size_t i = 0; i < shown; ++i) AddBlock(table, list, i, options.relative_addresses);
  std::string text = table.Text();
  if (shown < all) text += fmt::format("  and {} more; --block-rows 0 lists all\n", all - shown);
  return text;
}

// Bytes of the strip's cell by what they are for: header, asked for, padding, free.
using Shares = std::array<uint64_t, 4>;

// Spreads `size` bytes at `from` (within the heap, gaps left out) over the cells.
void Spread(std::vector<Shares>& cells, uint64_t from, uint64_t size, size_t kind, uint64_t cell_bytes) {
  while (size > 0) {
    const size_t cell = static_cast<size_t>(from / cell_bytes);
    const uint64_t part = std::min(size, cell_bytes - from % cell_bytes);
    if (cell < cells.size()) cells[cell][kind] += part;
    from += part;
    size -= part;
  }
}

std::string Strip(const BlockListImage& list, const Sums& sums) {
  const uint64_t most = kStripColumns * kStripRows;
  const uint64_t cell_bytes = std::max<uint64_t>(kCell, (sums.whole() + most - 1) / most);
  std::vector<Shares> cells((sums.whole() + cell_bytes - 1) / cell_bytes, Shares{});
  uint64_t at = 0;
  for (const Block& block : list.blocks) {
    Spread(cells, at, kHeader, 0, cell_bytes);
    const uint64_t asked = block.used ? block.size - block.padding : 0;
    Spread(cells, at + kHeader, asked, 1, cell_bytes);
    Spread(cells, at + kHeader + asked, block.padding, 2, cell_bytes);
    if (!block.used) Spread(cells, at + kHeader, block.size, 3, cell_bytes);
    at += kHeader + block.size;
  }
  std::string text = fmt::format(
      "  the whole heap, {} a character, by what there is most of: h header, # asked for, . padding, _ free\n",
      FineBytes(cell_bytes));
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i % kStripColumns == 0) text += "  |";
    const auto largest = std::ranges::max_element(cells[i]);
    text += "h#._"[largest - cells[i].begin()];
    if (i % kStripColumns + 1 == kStripColumns || i + 1 == cells.size()) text += "|\n";
  }
  return text;
}

std::string SumLine(const Sums& sums) {
  const auto part = [&sums](const char* label, uint64_t bytes) {
    return fmt::format("  {:<10} {:>8} {:>8}\n", label, FineBytes(bytes), Percent(bytes, sums.whole()));
  };
  std::string text = part("headers", sums.headers) + part("asked for", sums.asked) + part("padding", sums.padding) +
                     part("free", sums.free_bytes);
  if (sums.free_bytes > 0) {
    text += fmt::format("  fragmentation: {} of what is free is not in the largest free block ({})\n",
                        Percent(sums.free_bytes - sums.largest, sums.free_bytes), FineBytes(sums.largest));
  }
  return text;
}

}  // namespace

std::string BlockText(const BlockReport& report, const BlockTextOptions& options) {
  const BlockListImage& list = report.list;
  const Sums sums = SumUp(list);
  std::string text = fmt::format("{} ({})   {} fit   {} block{}: {} used, {} free{}\n", SanitizeText(report.name),
                                 report.pid, FitName(list.fit), list.blocks.size(), list.blocks.size() == 1 ? "" : "s",
                                 sums.used, sums.free, HowRead(list));
  if (list.blocks.empty()) return text + "  no memory yet\n";
  return text + BlocksTable(list, options) + Strip(list, sums) + SumLine(sums);
}

std::string BlockJson(const BlockReport& report) {
  using Json = nlohmann::ordered_json;
  const BlockListImage& list = report.list;
  const Sums sums = SumUp(list);
  Json json = {{"schema", "glassheap.blocks/1"},
               {"pid", report.pid},
               {"command", SanitizeUtf8(report.name)},
               {"fit", FitName(list.fit)},
               {"complete", list.complete},
               {"moved", list.moved},
               {"problem", list.complete ? Json(nullptr) : Json(list.problem)},
               {"used_blocks", sums.used},
               {"free_blocks", sums.free},
               {"header_bytes", sums.headers},
               {"asked_bytes", sums.asked},
               {"padding_bytes", sums.padding},
               {"free_bytes", sums.free_bytes},
               {"largest_free", sums.largest},
               {"blocks", Json::array()}};
  for (const Block& block : list.blocks) {
    json["blocks"].push_back({{"address", fmt::format("{:x}", block.address)},
                              {"used", block.used},
                              {"size", block.size},
                              {"padding", block.padding}});
  }
  return json.dump() + "\n";
}

}  // namespace glassheap::tools
