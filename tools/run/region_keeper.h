// The stats regions of all processes under glassheap, held open: what a heap was can still be read when its process has
// been killed.
//
// Thread safety: none.

#ifndef GLASSHEAP_TOOLS_RUN_REGION_KEEPER_H_
#define GLASSHEAP_TOOLS_RUN_REGION_KEEPER_H_

#include <sys/types.h>

#include <optional>
#include <unordered_map>
#include <vector>

#include "tools/model/process.h"
#include "tools/read/file_descriptor.h"
#include "tools/read/root.h"

namespace glassheap::tools {

class RegionKeeper {
 public:
  explicit RegionKeeper(const Root& root) : root_(root) {}

  // Takes the region of a process that runs, unless it is held already. One readlink for a process without one.
  void Look(pid_t pid);

  // Lets go of all that are not among these. Call it after a process has been asked for.
  void KeepOnly(const std::vector<pid_t>& running);

  // The heap as its region says now, whether the process still runs or not. Nothing when it was never seen.
  std::optional<ProcessHeap> HeapOf(pid_t pid) const;

  size_t held() const { return regions_.size(); }

 private:
  const Root& root_;
  std::unordered_map<pid_t, FileDescriptor> regions_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_REGION_KEEPER_H_
