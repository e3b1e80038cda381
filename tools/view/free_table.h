// The machine's memory in the very layout of `free`: labels of 9 columns, then cells of 11 with a blank between.

#ifndef GLASSHEAP_TOOLS_VIEW_FREE_TABLE_H_
#define GLASSHEAP_TOOLS_VIEW_FREE_TABLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/model/free_columns.h"
#include "tools/model/system.h"
#include "tools/view/units.h"

namespace glassheap::tools {

struct FreeFormat {
  UnitSystem system = UnitSystem::kBinary;
  int exponent = 1;        // cells are in base^exponent bytes: 1 is Ki or K
  bool human = false;      // wins over exponent
  bool wide = false;       // buffers and cache apart
  bool low_high = false;   // Low: and High: lines
  bool total = false;      // Total: line
  bool committed = false;  // Comm: line
  bool line = false;       // all on one line; wins over the four above
};

std::string FreeTable(const FreeColumns& columns, const FreeFormat& format);

// A number as it stands in a cell. Cut off, not rounded; with human at most three digits and a unit, of which one
// decimal is rounded. The decimal point is the locale's, if the program has set one.
std::string FreeCell(int64_t bytes, const FreeFormat& format);

// The same of our own differences: the sign takes no digit away, and with plus stands there for + too.
std::string SignedCell(int64_t bytes, const FreeFormat& format, bool plus = false);

// A row of cells, without the '\n'.
std::string FreeRow(std::string_view label, const std::vector<std::string>& cells);

// "Heaps:      3 processes   live 3.1Gi   cached 212Mi ..."
std::string HeapsRow(const HeapsSummary& heaps, const FreeFormat& format);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_FREE_TABLE_H_
