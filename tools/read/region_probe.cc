// Tested by tests/tools/memstat_test.cc.

#include "tools/read/region_probe.h"

#include <charconv>
#include <string>
#include <string_view>

#include "allocator/abi/stats_region.h"

namespace glassheap::tools {
namespace {

// Where the allocator moves it, the first that RLIMIT_NOFILE allows. A fork finds its parent's there and its own next
// to it: either tells.
constexpr int kPlaces[] = {abi::kRegionFdMin, 200, 50};

constexpr std::string_view kLinkStart = "/memfd:";

bool HasRegionAt(const Directory& proc, const std::string& process, int number) {
  const Result<std::string> link = proc.ReadLink((process + "/fd/" + std::to_string(number)).c_str());
  return link && link->starts_with(kLinkStart) &&
         std::string_view(*link).substr(kLinkStart.size()).starts_with(abi::kRegionName);
}

bool MayHaveRegion(const Directory& proc, const std::string& process) {
  for (const int number : kPlaces) {
    if (HasRegionAt(proc, process, number)) return true;
  }
  return false;
}

}  // namespace

std::vector<pid_t> ProbeRegions(const Root& root) {
  std::vector<pid_t> pids;
  const Result<Directory> proc = root.OpenDirectory("proc");
  if (!proc) return pids;
  const Result<std::vector<std::string>> names = proc->List();
  if (!names) return pids;
  for (const std::string& name : *names) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size() || pid <= 0) continue;
    if (MayHaveRegion(*proc, name)) pids.push_back(pid);
  }
  return pids;
}

}  // namespace glassheap::tools
