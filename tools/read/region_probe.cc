// Tested by tests/tools/read/region_probe_test.cc and tests/tools/memstat_test.cc.

#include "tools/read/region_probe.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "allocator/abi/stats_region.h"
#include "tools/read/process_status.h"

namespace glassheap::tools {
namespace {

// Where the allocator puts it in a process that may not have so many descriptors.
constexpr int kLowPlaces[] = {200, 50};

constexpr std::string_view kLinkStart = "/memfd:";

enum class Sight { kNothing, kRegion, kDenied };

// What has ended meanwhile has no command line, and nothing to look into.
bool HasCommandLine(const Directory& proc, const std::string& process) {
  const Result<std::string> text = proc.ReadFile((process + "/cmdline").c_str());
  return text && !text->empty();
}

std::optional<pid_t> ParsePid(std::string_view text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

// Sorted. All are children of kthreadd, which is pid 2 unless this is a container's /proc: half of a machine's processes in
// a few system calls. Empty where the kernel does not list children.
std::vector<pid_t> KernelThreads(const Directory& proc) {
  std::vector<pid_t> pids;
  const Result<std::string> text = proc.ReadRecord("2/status");
  const std::optional<ProcessStatus> status = text ? ParseProcessStatus(*text) : std::nullopt;
  if (!status || !status->kernel_thread) return pids;
  pids.push_back(2);
  const std::string children = proc.ReadFile("2/task/2/children").optional().value_or("");
  for (std::string_view left = children; !left.empty();) {
    const size_t end = left.find(' ');
    if (const std::optional<pid_t> pid = ParsePid(left.substr(0, end))) pids.push_back(*pid);
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
  }
  std::ranges::sort(pids);
  return pids;
}

// One cheap system call for two looks at what most processes do not have. True where it cannot be told.
bool MayBeLow(pid_t pid, bool is_machine) {
  rlimit limit = {};
  return !is_machine || ::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) != 0 || limit.rlim_cur <= abi::kRegionFdMin;
}

Sight LookAt(const Directory& proc, const std::string& process, int number) {
  char target[kLinkStart.size() + std::string_view(abi::kRegionName).size()];
  const std::string name = process + "/fd/" + std::to_string(number);
  // Not ReadLink: most have none, and a message for each of thousands costs more than the look.
  const ssize_t length = ::readlinkat(proc.fd(), name.c_str(), target, sizeof target);
  if (length < 0 && (errno == EACCES || errno == EPERM)) return Sight::kDenied;
  std::string_view link(target, length > 0 ? static_cast<size_t>(length) : 0);
  if (!link.starts_with(kLinkStart)) return Sight::kNothing;
  link.remove_prefix(kLinkStart.size());
  return link == abi::kRegionName ? Sight::kRegion : Sight::kNothing;
}

// A fork finds its parent's there and its own next to it: either tells.
Sight LookAtAll(const Root& root, const Directory& proc, const std::string& name, pid_t pid) {
  const Sight sight = LookAt(proc, name, abi::kRegionFdMin);
  if (sight != Sight::kNothing || !MayBeLow(pid, root.is_machine())) return sight;
  for (const int number : kLowPlaces) {
    const Sight low = LookAt(proc, name, number);
    if (low != Sight::kNothing) return low;
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
  const std::vector<pid_t> kernel_threads = KernelThreads(*proc);
  for (const std::string& name : *names) {
    const std::optional<pid_t> pid = ParsePid(name);
    if (!pid || std::ranges::binary_search(kernel_threads, *pid)) continue;
    const Sight sight = LookAtAll(root, *proc, name, *pid);
    if (sight == Sight::kRegion) probed.pids.push_back(*pid);
    if (sight == Sight::kDenied && HasCommandLine(*proc, name)) ++probed.denied;
  }
  return probed;
}

bool MayHaveRegion(const Root& root, const Directory& proc, pid_t pid) {
  return LookAtAll(root, proc, std::to_string(pid), pid) == Sight::kRegion;
}

}  // namespace glassheap::tools
