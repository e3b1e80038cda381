// The saved look of memtop: `key = value` lines, one a setting. Text in, settings out, and the other way. Pure.
//
// A file is made by hand or by another version, so a line that is not understood is reported and left out; the rest
// holds.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_CONFIG_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_CONFIG_H_

#include <string>
#include <string_view>
#include <vector>

#include "tools/read/result.h"
#include "tools/view/top/state.h"

namespace glassheap::tools {

std::string ConfigText(const TopSettings& settings);

// Changes what the text sets. Errors name the line.
std::vector<Error> ReadConfig(std::string_view text, TopSettings& settings);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_CONFIG_H_
