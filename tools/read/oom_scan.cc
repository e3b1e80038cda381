// Tested by tests/tools/read/oom_scan_test.cc.

#include "tools/read/oom_scan.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

namespace glassheap::tools {
namespace {

constexpr pid_t kInit = 1;

template <typename Number>
std::optional<Number> ParseStart(std::string_view text) {
  Number value{};
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

std::vector<pid_t> PidsAmong(const std::vector<std::string>& names) {
  std::vector<pid_t> pids;
  for (const std::string& name : names) {
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (const auto pid = ParseStart<pid_t>(name)) pids.push_back(*pid);
  }
  std::ranges::sort(pids);
  return pids;
}

int ReadOf(const Directory& proc, pid_t pid, const char* file, std::string& buffer) {
  char name[64];
  std::snprintf(name, sizeof name, "%d/%s", pid, file);
  return proc.ReadInto(name, buffer);
}

}  // namespace

Result<std::vector<ProcessSample>> ScanForOom(const Root& root) {
  const Result<Directory> proc = root.OpenDirectory("proc");
  if (!proc) return proc.error();
  const Result<std::vector<std::string>> names = proc->List();
  if (!names) return names.error();
  std::vector<ProcessSample> samples;
  std::string buffer;
  for (const pid_t pid : PidsAmong(*names)) {
    if (ReadOf(*proc, pid, "status", buffer) != 0) continue;
    auto status = ParseProcessStatus(buffer);
    if (!status) continue;
    ProcessSample& sample = samples.emplace_back();
    sample.pid = pid;
    sample.status = *std::move(status);
    if (ReadOf(*proc, pid, "oom_score_adj", buffer) == 0) sample.oom_score_adj = ParseStart<int>(buffer);
    if (pid != kInit) continue;
    // In a container pid 1 is killed like any other. The kernel prints 0 for those it never kills.
    sample.init = ReadOf(*proc, pid, "oom_score", buffer) != 0 || ParseStart<int>(buffer).value_or(0) == 0;
  }
  return samples;
}

}  // namespace glassheap::tools
