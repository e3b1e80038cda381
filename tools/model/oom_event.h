// One OOM kill as it is reported.

#ifndef GLASSHEAP_TOOLS_MODEL_OOM_EVENT_H_
#define GLASSHEAP_TOOLS_MODEL_OOM_EVENT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tools/model/process.h"
#include "tools/read/oom_log.h"

namespace glassheap::tools {

struct OomEvent {
  double realtime_seconds = 0;  // since 1970
  OomKill kill;
  std::string user;  // of the process; empty where it is not known
  // false: only counted by the kernel, not told. The process is one that has vanished at that time, or none.
  bool told = true;
  uint64_t kills = 1;               // that were counted; more than one: who the others were is not known
  std::optional<ProcessHeap> heap;  // at its death, as the process had published it
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_OOM_EVENT_H_
