// Tested by tests/tools/memstat_test.cc.

#include "tools/read/region_probe.h"

#include <cerrno>
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

enum class Sight { kNothing, kRegion, kDenied };

// Kernel threads have no command line, and nothing to look into.
bool HasCommandLine(const Directory& proc, const std::string& process) {
  const Result<std::string> text = proc.ReadFile((process + "/cmdline").c_str());
  return text && !text->empty();
}

Sight LookAt(const Directory& proc, const std::string& process, int number) {
  const Result<std::string> link = proc.ReadLink((process + "/fd/" + std::to_string(number)).c_str());
  if (!link && (link.error().errno_value == EACCES || link.error().errno_value == EPERM)) return Sight::kDenied;
  const bool is_region = link && link->starts_with(kLinkStart) &&
                         std::string_view(*link).substr(kLinkStart.size()).starts_with(abi::kRegionName);
  return is_region ? Sight::kRegion : Sight::kNothing;
}

Sight LookAtAll(const Directory& proc, const std::string& process) {
  for (const int number : kPlaces) {
    const Sight sight = LookAt(proc, process, number);
    if (sight != Sight::kNothing) return sight;
  }
  return Sight::kNothing;
}

}  // namespace

ProbedRegions ProbeRegions(const Root& root) {
  ProbedRegions probed;
  const Result<Directory> proc = root.OpenDirectory("proc");
  if (!proc) return probed;
  const Result<std::vector<std::string>> names = proc->List();
  if (!names) return probed;
  for (const std::string& name : *names) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size() || pid <= 0) continue;
    const Sight sight = LookAtAll(*proc, name);
    if (sight == Sight::kRegion) probed.pids.push_back(pid);
    if (sight == Sight::kDenied && HasCommandLine(*proc, name)) ++probed.denied;
  }
  return probed;
}

}  // namespace glassheap::tools
