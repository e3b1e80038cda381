// What `memstat heap --blocks` says of one process.

#ifndef GLASSHEAP_TOOLS_MODEL_BLOCK_REPORT_H_
#define GLASSHEAP_TOOLS_MODEL_BLOCK_REPORT_H_

#include <sys/types.h>

#include <string>

#include "tools/read/block_list.h"

namespace glassheap::tools {

struct BlockReport {
  pid_t pid = 0;
  std::string name;  // of the process; any bytes
  BlockListImage list;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_BLOCK_REPORT_H_
