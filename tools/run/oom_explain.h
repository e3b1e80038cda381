// Reads what explaining a process' place in the kernel's order needs.

#ifndef GLASSHEAP_TOOLS_RUN_OOM_EXPLAIN_H_
#define GLASSHEAP_TOOLS_RUN_OOM_EXPLAIN_H_

#include <sys/types.h>

#include <string>

#include "tools/model/oom_explanation.h"
#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

// Errors: no such process, a kernel thread, /proc that cannot be read.
Result<OomExplanation> ExplainOom(const Root& root, pid_t pid);

// What makes an adjustment last, of a process.
struct OomPlace {
  pid_t pid = 0;
  std::string name;     // any bytes
  int score_adj = 0;    // as it is
  std::string cgroups;  // the text of /proc/PID/cgroup
};

Result<OomPlace> FindOomPlace(const Root& root, pid_t pid);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_OOM_EXPLAIN_H_
