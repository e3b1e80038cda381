// Tested by tests/tools/view/what_text_test.cc.

#include "tools/view/what_text.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace glassheap::tools {
namespace {

constexpr int kLabelWidth = 24;
constexpr int kCellWidth = 13;
constexpr int kFormulaWidth = 42;

std::string Padded(std::string_view text, int width) {
  char out[128];
  std::snprintf(out, sizeof out, "%-*.*s", width, static_cast<int>(text.size()), text.data());
  return out;
}

std::string Share(int64_t part, uint64_t whole) {
  char out[64];
  if (whole == 0) return "       -";
  std::snprintf(out, sizeof out, "%6.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return out;
}

std::string Number(int64_t bytes, const FreeFormat& format) {
  const std::string cell = SignedCell(bytes, format);
  return std::string(cell.size() < kCellWidth ? kCellWidth - cell.size() : 0, ' ') + cell;
}

std::string Row(std::string_view label, int64_t bytes, uint64_t total, std::string_view note,
                const FreeFormat& format) {
  std::string row = Padded(label, kLabelWidth) + Number(bytes, format) + "  " + Share(bytes, total);
  if (!note.empty()) row += "   " + std::string(note);
  return row + "\n";
}

bool Shown(const MemoryUseRow& row) {
  return row.bytes && (*row.bytes != 0 || row.key == std::string_view("unaccounted"));
}

}  // namespace

std::string WhatText(const std::vector<MemoryUseRow>& rows, const FreeColumns& columns,
                     const std::vector<UsedFormula>& formulas, const FreeFormat& format) {
  const auto total = static_cast<uint64_t>(columns.total);
  std::string text = "where memory is\n";
  for (const MemoryUseRow& row : rows) {
    if (Shown(row)) text += Row("  " + std::string(row.label), *row.bytes, total, row.note, format);
  }
  text += Row("total", static_cast<int64_t>(total), total, "the sum of all these (MemTotal)", format);
  text += "\n\"used\" is all but free and the cache that would be given back (available - free)\n";
  text += Row("  would be given back", columns.available - columns.free, total, "", format);
  text += Row("  used", columns.used, total, "", format);
  text += "\nwhat is called \"used\"\n";
  for (const UsedFormula& one : formulas) {
    text += "  " + Padded(one.formula, kFormulaWidth) + Number(one.bytes, format) + "  " + Share(one.bytes, total) +
            "   " + one.users + "\n";
  }
  return text;
}

}  // namespace glassheap::tools
