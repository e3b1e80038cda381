// Sends a signal to one process that was seen before, and to no other that has its pid by now.

#ifndef GLASSHEAP_TOOLS_READ_PROCESS_SIGNAL_H_
#define GLASSHEAP_TOOLS_READ_PROCESS_SIGNAL_H_

#include <sys/types.h>

#include <functional>
#include <optional>

#include "tools/read/result.h"

namespace glassheap::tools {

// is_still_there is asked after the process has been taken hold of (a pidfd): whether it is the one that is meant. Errors
// name the pid and say what would help.
std::optional<Error> SendSignal(pid_t pid, int signal, const std::function<bool()>& is_still_there);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PROCESS_SIGNAL_H_
