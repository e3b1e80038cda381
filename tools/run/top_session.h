// One session of memtop at a terminal: frames of a world on a screen, and keys to what they do.

#ifndef GLASSHEAP_TOOLS_RUN_TOP_SESSION_H_
#define GLASSHEAP_TOOLS_RUN_TOP_SESSION_H_

#include <cstdint>

#include "tools/read/result.h"
#include "tools/run/top_world.h"
#include "tools/view/terminal.h"
#include "tools/view/top/state.h"

namespace glassheap::tools {

// Until the user quits, or so many refreshes have been shown. Returns the signal to end by, or 0, or the error.
Result<int> RunTopSession(TopWorld& world, Terminal& terminal, TopState state, uint64_t refreshes);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_TOP_SESSION_H_
