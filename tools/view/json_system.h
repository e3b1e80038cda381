// The machine as JSON, one line: integers in bytes, null for what the kernel does not say.

#ifndef GLASSHEAP_TOOLS_VIEW_JSON_SYSTEM_H_
#define GLASSHEAP_TOOLS_VIEW_JSON_SYSTEM_H_

#include <string>
#include <vector>

#include "tools/model/memory_use.h"
#include "tools/model/system_report.h"

namespace glassheap::tools {

// Schema glassheap.system/1. delta: null when there is no report before, or it was not asked for.
std::string SystemJson(const SystemReport& report, const SystemDelta* delta);

// Schema glassheap.what/1.
std::string WhatJson(const std::vector<MemoryUseRow>& rows, const FreeColumns& columns,
                     const std::vector<UsedFormula>& formulas);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_JSON_SYSTEM_H_
