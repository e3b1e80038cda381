// Tested by tests/tools/memstat_test.cc.

#include "tools/run/process_lookup.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <vector>

#include "tools/read/process_reader.h"
#include "tools/read/users.h"

namespace glassheap::tools {
namespace {

constexpr size_t kCommBytes = 15;  // the kernel cuts names there
constexpr size_t kMaxPidsInError = 20;

std::optional<pid_t> ParsePid(const std::string& text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

bool LooksLikeNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789+-") == std::string::npos;
}

Error TooMany(const std::string& name, const std::vector<pid_t>& pids) {
  std::string why = std::to_string(pids.size()) + " processes have this name; give one of the pids";
  for (size_t i = 0; i < pids.size() && i < kMaxPidsInError; ++i) why += " " + std::to_string(pids[i]);
  if (pids.size() > kMaxPidsInError) why += " ...";
  return Error{name, std::move(why)};
}

Error NoSuchName(const std::string& name) {
  return Error{name,
               "no process has this name; give a pid, or the name as `ps -o "
               "comm` prints it"};
}

bool IsGone(int errno_value) { return errno_value == ENOENT || errno_value == ESRCH; }

Error NoSuchProcess(pid_t pid) { return Error{PidText(pid), "no such process", ESRCH}; }

// Where nobody can be seen, not even we; and where others cannot be: there is always a pid 1.
Error NotThere(const Root& root, pid_t pid) {
  if (!root.is_machine()) return NoSuchProcess(pid);
  if (!root.OpenDirectory("proc/self")) {
    return Error{"/proc", "it is not mounted here, so no process can be seen", ENOENT};
  }
  if (root.OpenDirectory("proc/1")) return NoSuchProcess(pid);
  return Error{PidText(pid), "not there, or hidden: /proc is mounted with hidepid; run as its user or as root", ESRCH};
}

Error Denied(const Root& root, pid_t pid, const ProcessStatus& status) {
  std::string why = "permission denied: ";
  if (status.uid && *status.uid != ::geteuid()) {
    const std::string user = Users(root).Name(*status.uid);
    why += "its memory belongs to user " + user + "; run as " + user + " or with CAP_SYS_PTRACE";
  } else {
    why += "it is protected from being read; run with CAP_SYS_PTRACE";
  }
  return Error{PidText(pid), std::move(why), EACCES};
}

Result<ProcessStatus> ReadStatus(const Directory& process, pid_t pid) {
  const Result<std::string> text = process.ReadRecord("status");
  if (!text) return IsGone(text.error().errno_value) ? NoSuchProcess(pid) : text.error();
  std::optional<ProcessStatus> status = ParseProcessStatus(*text);
  if (!status) return Error{process.PathOf("status"), "it is not what the kernel prints there"};
  return *std::move(status);
}

// Of several with the name, the one that has a heap to show.
Result<pid_t> FindByName(const Root& root, const std::string& name) {
  ProcessReader reader(root);
  const Result<std::vector<ProcessSample>> samples = reader.ReadAll(kReadRegion);
  if (!samples) return samples.error();
  std::vector<pid_t> found;
  std::vector<pid_t> with_heap;
  for (const ProcessSample& sample : *samples) {
    if (sample.status.name != name.substr(0, kCommBytes)) continue;
    found.push_back(sample.pid);
    if (sample.region) with_heap.push_back(sample.pid);
  }
  if (found.empty()) return NoSuchName(name);
  if (with_heap.size() == 1) return with_heap.front();
  if (found.size() > 1) return TooMany(name, with_heap.empty() ? found : with_heap);
  return found.front();
}

}  // namespace

std::string PidText(pid_t pid) { return "pid " + std::to_string(pid); }

Result<pid_t> FindProcess(const Root& root, const std::string& pid_or_name) {
  if (const std::optional<pid_t> pid = ParsePid(pid_or_name)) return *pid;
  if (LooksLikeNumber(pid_or_name)) {
    return Error{pid_or_name, "not a process id", EINVAL};
  }
  return FindByName(root, pid_or_name);
}

Result<OpenedProcess> OpenProcess(const Root& root, pid_t pid) {
  Result<Directory> directory = root.OpenDirectory("proc/" + std::to_string(pid));
  if (!directory) return IsGone(directory.error().errno_value) ? NotThere(root, pid) : directory.error();
  Result<ProcessStatus> status = ReadStatus(*directory, pid);
  if (!status) return status.error();
  return OpenedProcess{*std::move(directory), *std::move(status)};
}

std::optional<Error> WhyNotRead(const Root& root, pid_t pid, const ProcessStatus& status, int errno_value) {
  if (IsGone(errno_value)) return NoSuchProcess(pid);
  if (errno_value == EACCES || errno_value == EPERM) return Denied(root, pid, status);
  return std::nullopt;
}

}  // namespace glassheap::tools
