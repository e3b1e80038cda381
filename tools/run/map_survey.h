// One process' address space, read and told apart.

#ifndef GLASSHEAP_TOOLS_RUN_MAP_SURVEY_H_
#define GLASSHEAP_TOOLS_RUN_MAP_SURVEY_H_

#include "tools/model/address_space.h"
#include "tools/read/page_frames.h"
#include "tools/read/result.h"
#include "tools/read/root.h"
#include "tools/run/process_lookup.h"

namespace glassheap::tools {

// Reads smaps, which costs the process the time of a walk through its page tables. Errors say what stands in the way:
// it is another user's, has ended, or has no memory (a kernel thread).
Result<AddressSpace> SurveyMap(const Root& root, pid_t pid, const OpenedProcess& process);

// Pages of it. REQUIRES: count <= kMaxPages.
Result<std::vector<PageState>> SurveyPages(const Root& root, pid_t pid, const OpenedProcess& process, uint64_t address,
                                           size_t count);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_MAP_SURVEY_H_
