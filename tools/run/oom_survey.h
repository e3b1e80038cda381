// Reads what a forecast of the kernel's choice needs, and makes it.

#ifndef GLASSHEAP_TOOLS_RUN_OOM_SURVEY_H_
#define GLASSHEAP_TOOLS_RUN_OOM_SURVEY_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tools/model/oom_forecast.h"
#include "tools/read/cgroup.h"
#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

struct ForecastRequest {
  std::optional<std::string> cgroup;  // path, directory or pid; absent: the whole machine
  std::optional<pid_t> allocating;    // who asks for memory: its memory nodes are those that run out
  size_t count = 4;                   // deaths to foretell
};

// Errors: no such cgroup or process, no memory cgroups here, /proc that cannot be read.
Result<OomForecast> ForecastOom(const Root& root, const ForecastRequest& request);

// A memory cgroup by path, directory or pid.
Result<MemoryCgroup> FindMemoryCgroup(const Root& root, const std::string& path_or_pid);

// What badness is measured against in it: its limit and the swap it may use.
Result<OomDomain> DomainOfCgroup(const Root& root, const std::string& path_or_pid);

// Its processes and those of the cgroups below it, by pid.
Result<std::vector<pid_t>> ListProcessesOfCgroup(const Root& root, const std::string& path_or_pid);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_OOM_SURVEY_H_
