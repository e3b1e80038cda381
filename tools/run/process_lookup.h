// From what was typed to a process held open, with errors that say what stands in the way and what to do about it.

#ifndef GLASSHEAP_TOOLS_RUN_PROCESS_LOOKUP_H_
#define GLASSHEAP_TOOLS_RUN_PROCESS_LOOKUP_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "tools/read/process_status.h"
#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

// A pid, or the name of one process: of several, the only one under glassheap.
// Errors name the text, or the pids that have the name. EINVAL: a number that no process has.
Result<pid_t> FindProcess(const Root& root, const std::string& pid_or_name);

// /proc/PID, which stays that process' even when its pid is used again.
struct OpenedProcess {
  Directory directory;
  ProcessStatus status;
};
Result<OpenedProcess> OpenProcess(const Root& root, pid_t pid);

// "pid 42", as errors name it.
std::string PidText(pid_t pid);

// The error for an errno that a file of the process gave: it has gone, or it is not ours to read. Nothing for others.
std::optional<Error> WhyNotRead(const Root& root, pid_t pid, const ProcessStatus& status, int errno_value);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_PROCESS_LOOKUP_H_
