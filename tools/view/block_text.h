// The block heap's list as the textbook draws it: a row for each block with its header, data and padding, and the whole
// heap as one strip.

#ifndef GLASSHEAP_TOOLS_VIEW_BLOCK_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_BLOCK_TEXT_H_

#include <cstddef>
#include <string>

#include "tools/model/block_report.h"

namespace glassheap::tools {

struct BlockTextOptions {
  size_t max_rows = 64;             // blocks that are listed one by one; 0: all
  bool relative_addresses = false;  // from the first header on, for texts that must not change from run to run
};

std::string BlockText(const BlockReport& report, const BlockTextOptions& options);

// glassheap.blocks/1: the sums, and every block that was read.
std::string BlockJson(const BlockReport& report);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_BLOCK_TEXT_H_
