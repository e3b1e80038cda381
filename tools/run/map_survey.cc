// Tested by tests/tools/memstat_map_test.cc.

#include "tools/run/map_survey.h"

#include <utility>

#include "tools/model/heap_window.h"
#include "tools/read/region_attach.h"
#include "tools/read/stack_pointers.h"

namespace glassheap::tools {
namespace {

Error Explain(const Root& root, pid_t pid, const ProcessStatus& status, const Error& error) {
  return WhyNotRead(root, pid, status, error.errno_value).value_or(error);
}

// Where the process says its heap is. A claim: it colours a mapping, nothing more.
std::optional<AddressRange> HeapRange(pid_t pid, const OpenedProcess& process) {
  const Result<AttachedRegion> region = AttachRegion(process.directory, process.status.innermost_pid.value_or(pid));
  if (!region) return std::nullopt;
  const std::optional<HeapWindow> window = FindHeapWindow(region->image);
  return window ? std::optional(window->whole()) : std::nullopt;
}

}  // namespace

Result<AddressSpace> SurveyMap(const Root& root, pid_t pid, const OpenedProcess& process) {
  Result<std::vector<Mapping>> mappings = ReadMappings(process.directory, true);
  if (!mappings) return Explain(root, pid, process.status, mappings.error());
  if (mappings->empty()) {
    const char* why = process.status.kernel_thread ? " is a kernel thread" : " has ended";
    return Error{PidText(pid), process.status.name + why + ": it has no address space"};
  }
  SpaceHints hints;
  hints.program = process.directory.ReadLink("exe").optional().value_or("");
  hints.heap = HeapRange(pid, process);
  hints.stack_pointers = ReadStackPointers(process.directory);
  AddressSpace space;
  space.pid = pid;
  space.name = process.status.name;
  space.page_tables = process.status.page_tables;
  space.kinds = ClassifyMappings(*mappings, hints);
  space.mappings = *std::move(mappings);
  return space;
}

Result<std::vector<PageState>> SurveyPages(const Root& root, pid_t pid, const OpenedProcess& process, uint64_t address,
                                           size_t count) {
  Result<std::vector<PageState>> pages = ReadPages(root, process.directory, address, count);
  if (!pages) return Explain(root, pid, process.status, pages.error());
  return pages;
}

}  // namespace glassheap::tools
