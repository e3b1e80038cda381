// memstat --what: where all memory is, as a table that adds up, and the ways to count "used" beside each other.

#ifndef GLASSHEAP_TOOLS_VIEW_WHAT_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_WHAT_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/model/memory_use.h"
#include "tools/view/free_table.h"

namespace glassheap::tools {

// Rows the kernel does not count, or that are 0 on most machines, are left out of the text; JSON has them.
std::string WhatText(const std::vector<MemoryUseRow>& rows, const FreeColumns& columns,
                     const std::vector<UsedFormula>& formulas, const FreeFormat& format);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_WHAT_TEXT_H_
