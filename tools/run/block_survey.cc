// Tested by tests/tools/block_story_test.cc.

#include "tools/run/block_survey.h"

#include <utility>

#include "tools/read/region_attach.h"
#include "tools/run/process_lookup.h"

namespace glassheap::tools {

Result<BlockReport> SurveyBlocks(const Root& root, pid_t pid) {
  Result<OpenedProcess> process = OpenProcess(root, pid);
  if (!process) return process.error();
  if (!root.is_machine()) return Error{"--blocks", "a captured tree holds no memory to read"};
  const Result<AttachedRegion> region = AttachRegion(process->directory, process->status.innermost_pid.value_or(pid));
  if (!region) {
    if (const auto known = WhyNotRead(root, pid, process->status, region.error().errno_value)) return *known;
    return Error{PidText(pid),
                 process->status.name + " shows no heap; start it with `memstat run --allocator block -- COMMAND`",
                 region.error().errno_value};
  }
  Result<BlockListImage> list = ReadBlockList(pid, region->image);
  if (!list) return Error{PidText(pid), list.error().Text(), list.error().errno_value};
  return BlockReport{pid, std::move(process->status.name), *std::move(list)};
}

}  // namespace glassheap::tools
