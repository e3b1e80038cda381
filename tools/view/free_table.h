// The machine's memory in the very layout of `free`: labels of 9 columns, then
// columns of 11 with a blank between.

#ifndef GLASSHEAP_TOOLS_VIEW_FREE_TABLE_H_
#define GLASSHEAP_TOOLS_VIEW_FREE_TABLE_H_

#include <string>

#include "tools/model/system.h"
#include "tools/view/units.h"

namespace glassheap::tools {

struct FreeFormat {
  UnitSystem system = UnitSystem::kBinary;
  int exponent = 1;        // of ScaleBytes: 1 is Ki or K
  bool human = false;      // wins over exponent
  bool wide = false;       // buffers and cache apart
  bool low_high = false;   // Low: and High: lines
  bool total = false;      // Total: line
  bool committed = false;  // Comm: line
};

std::string FreeTable(const SystemMemory& memory, const FreeFormat& format);

// "Heaps:      3 processes   live 3.1Gi   cached 212Mi ..."
std::string HeapsRow(const HeapsSummary& heaps, const FreeFormat& format);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_FREE_TABLE_H_
