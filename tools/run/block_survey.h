// The block list of one process: looks it up, finds its region, reads the list.

#ifndef GLASSHEAP_TOOLS_RUN_BLOCK_SURVEY_H_
#define GLASSHEAP_TOOLS_RUN_BLOCK_SURVEY_H_

#include <sys/types.h>

#include "tools/model/block_report.h"
#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

// Errors name the process and say what is missing.
Result<BlockReport> SurveyBlocks(const Root& root, pid_t pid);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_BLOCK_SURVEY_H_
