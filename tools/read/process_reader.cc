// Tested by tests/tools/read/process_reader_test.cc.

#include "tools/read/process_reader.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "tools/read/cgroup_path.h"

namespace glassheap::tools {
namespace {

constexpr pid_t kInit = 1;
constexpr size_t kKeptDescriptors = 5;          // of a process: its directory, three files, a region
constexpr uint64_t kCommandLineRefreshes = 16;  // setproctitle() changes it without changing anything else we see

std::optional<pid_t> ParsePid(const std::string& name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc{} || end != name.data() + name.size() || pid <= 0) return std::nullopt;
  return pid;
}

std::optional<int> ParseInteger(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

// Raises the soft limit as far as it goes and returns half of it.
size_t HalfOfTheDescriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  constexpr rlim_t kPlenty = 65536;
  return static_cast<size_t>(std::min(limit.rlim_cur, kPlenty) / 2);
}

}  // namespace

std::string JoinCommandLine(std::string_view text) {
  text = text.substr(0, kMaxCommandLine);
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  std::string line(text);
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line;
}

std::string MemoryCgroupPath(std::string_view text) {
  const CgroupMembership membership = ParseCgroupMembership(text);
  return membership.memory_v1.value_or(membership.unified.value_or(""));
}

ProcessReader::ProcessReader(const Root& root)
    : root_(root), keep_files_(root.is_machine()), max_open_directories_(HalfOfTheDescriptors() / kKeptDescriptors) {}

Result<std::vector<ProcessSample>> ProcessReader::ReadAll(unsigned files) {
  const Result<std::vector<std::string>> names = root_.List("proc");
  if (!names) return names.error();
  ++refresh_;
  hidden_ = 0;
  std::vector<pid_t> pids;
  for (const std::string& name : *names) {
    if (const auto pid = ParsePid(name)) pids.push_back(*pid);
  }
  std::ranges::sort(pids);  // as /proc lists them; a captured tree may not
  std::vector<ProcessSample> samples;
  samples.reserve(pids.size());
  for (const pid_t pid : pids) {
    Known& known = known_[pid];
    known.refresh = refresh_;
    if (auto sample = Sample(pid, known, files)) samples.push_back(*std::move(sample));
  }
  if (files & kReadCommandLine) ReadCommandLines(samples);
  ForgetUnseen();
  return samples;
}

std::optional<ProcessSample> ProcessReader::ReadOne(pid_t pid, unsigned files) {
  ++refresh_;
  Known& known = known_[pid];
  known.refresh = refresh_;
  std::optional<ProcessSample> sample = Sample(pid, known, files);
  if (!sample || !(files & kReadCommandLine)) return sample;
  std::vector<ProcessSample> one;
  one.push_back(*std::move(sample));
  ReadCommandLines(one);
  return std::move(one.front());
}

std::shared_ptr<const Directory> ProcessReader::DirectoryOf(pid_t pid, uint64_t incarnation) {
  const auto found = known_.find(pid);
  if (found == known_.end() || found->second.incarnation != incarnation || !found->second.directory) return nullptr;
  std::string text;
  return found->second.directory->ReadInto("status", text) == 0 ? found->second.directory : nullptr;
}

// Through the directory that is open, and when that process has gone once more
// through a new one.
std::optional<ProcessSample> ProcessReader::Sample(pid_t pid, Known& known, unsigned files) {
  ProcessSample sample;
  sample.pid = pid;
  if (known.directory) {
    if (ReadFiles(known.directory, files, known, sample)) return sample;
    Forget(known);
  }
  Result<Directory> opened = root_.OpenDirectory("proc/" + std::to_string(pid));
  if (!opened) return std::nullopt;
  auto directory = std::make_shared<const Directory>(*std::move(opened));
  known.incarnation = ++incarnations_;
  known.read_before = false;
  if (!ReadFiles(directory, files, known, sample)) return std::nullopt;
  if (open_directories_ < max_open_directories_) {
    known.directory = std::move(directory);
    ++open_directories_;
  }
  return sample;
}

bool ProcessReader::ReadFiles(const std::shared_ptr<const Directory>& shared, unsigned files, Known& known,
                              ProcessSample& sample) {
  const Directory& directory = *shared;
  if (!ReadStatus(directory, files, known, sample)) return false;
  sample.incarnation = known.incarnation;
  if (files & kReadStat) {
    if (directory.ReadInto("stat", buffer_) != 0) return false;
    sample.stat = ParseProcessStat(buffer_);
  }
  if (files & kReadOomScoreAdj && ReadOften(directory, "oom_score_adj", known, known.oom_score_adj) == 0) {
    sample.oom_score_adj = ParseInteger(buffer_);
  }
  if (files & kReadCommandLine && IsDue(known, sample)) {
    known.asked = true;
    command_lines_.push_back({static_cast<uint64_t>(sample.pid), shared, "cmdline", kMaxCommandLine});
  }
  if (files & kReadCgroup) ReadCgroup(directory, known, sample);
  if (files & kReadThreads) ReadThreads(directory, sample);
  // A process that has not changed has made no heap either.
  if (files & kReadRegion && sample.status.has_memory() && (!sample.status_is_kept || known.has_region)) {
    sample.region = known.region.Read(directory, sample.status.name, sample.status.innermost_pid.value_or(sample.pid));
    known.has_region = sample.region.has_value();
    sample.region_sight = known.region.sight();
  }
  if (sample.pid == kInit && !known.read_before) {
    // In a container pid 1 is killed like any other. Only the kernel knows: it
    // prints 0 for those it never kills.
    known.init = directory.ReadInto("oom_score", buffer_) != 0 || ParseInteger(buffer_).value_or(0) == 0;
  }
  sample.init = known.init;
  known.read_before = true;
  known.name = sample.status.name;
  return true;
}

// Through a file that stays open, where the directory does.
int ProcessReader::ReadOften(const Directory& directory, const char* name, Known& known, KeptFile& file) {
  if (known.directory && keep_files_) return file.ReadInto(directory, name, buffer_);
  return directory.ReadInto(name, buffer_);
}

bool ProcessReader::ReadStatus(const Directory& directory, unsigned files, Known& known, ProcessSample& sample) {
  const bool may_be_kept = (files & kReadStatusWhenChanged) != 0 && known.directory && keep_files_;
  if (may_be_kept && IsUnchanged(directory, known, sample.pid)) {
    sample.status = known.last_status;
    sample.status_is_kept = true;
    return true;
  }
  if (const int error = ReadOften(directory, "status", known, known.status)) {
    if (error == EACCES || error == EPERM) ++hidden_;
    return false;
  }
  auto status = ParseProcessStatus(buffer_);
  if (!status) return false;
  sample.status = *std::move(status);
  if (may_be_kept) known.last_status = sample.status;
  return true;
}

// False at a process' first refresh, and in turn every kStatusRefreshes.
bool ProcessReader::IsUnchanged(const Directory& directory, Known& known, pid_t pid) {
  if (known.statm.ReadInto(directory, "statm", buffer_) != 0) {
    known.last_statm.clear();
    return false;
  }
  const bool due = (refresh_ + static_cast<uint64_t>(pid)) % kStatusRefreshes == 0;
  if (!due && !known.last_statm.empty() && buffer_ == known.last_statm) return true;
  known.last_statm = buffer_;
  return false;
}

bool ProcessReader::IsDue(const Known& known, const ProcessSample& sample) const {
  if (!sample.status.has_memory() || (known.stuck && known.name == sample.status.name)) return false;
  return !known.asked || known.name != sample.status.name ||
         (refresh_ + static_cast<uint64_t>(sample.pid)) % kCommandLineRefreshes == 0;
}

void ProcessReader::ReadCgroup(const Directory& directory, Known& known, ProcessSample& sample) {
  const bool due = known.cgroup.empty() || (refresh_ + static_cast<uint64_t>(sample.pid)) % kCommandLineRefreshes == 0;
  if (due) known.cgroup = directory.ReadInto("cgroup", buffer_) == 0 ? MemoryCgroupPath(buffer_) : std::string();
  sample.cgroup = known.cgroup;
}

void ProcessReader::ReadThreads(const Directory& directory, ProcessSample& sample) {
  if (sample.status.threads.value_or(1) < 2) return;
  const Result<std::vector<std::string>> names = directory.List("task");
  if (!names) return;
  for (const std::string& name : *names) {
    const auto tid = ParsePid(name);
    if (!tid || directory.ReadInto(("task/" + name + "/stat").c_str(), buffer_) != 0) continue;
    if (auto stat = ParseProcessStat(buffer_)) sample.threads.push_back({*tid, std::move(stat->name), stat->state});
  }
  std::ranges::sort(sample.threads, {}, &ThreadSample::tid);
}

// Of those that were due, and those that are known.
void ProcessReader::ReadCommandLines(std::vector<ProcessSample>& samples) {
  slow_.Ask(std::exchange(command_lines_, {}));
  for (const SlowReader::Answer& answer : slow_.Collect(kCommandLinePatience)) {
    Known& known = known_[static_cast<pid_t>(answer.id)];
    known.command_line = answer.error == 0 ? JoinCommandLine(answer.text) : std::string();
    known.stuck = answer.error == ETIMEDOUT;
  }
  for (ProcessSample& sample : samples) {
    if (sample.status.has_memory()) sample.command_line = known_[sample.pid].command_line;  // others have none
  }
}

void ProcessReader::Forget(Known& known) {
  known.directory.reset();
  known.command_line.clear();
  known.cgroup.clear();
  known.asked = false;
  known.stuck = false;
  known.init = false;
  known.region = RegionWatch();
  known.status.Close();
  known.statm.Close();
  known.last_statm.clear();
  known.has_region = false;
  known.oom_score_adj.Close();
  --open_directories_;
}

void ProcessReader::ForgetUnseen() {
  for (auto entry = known_.begin(); entry != known_.end();) {
    const bool gone = entry->second.refresh != refresh_;
    if (gone && entry->second.directory) --open_directories_;
    entry = gone ? known_.erase(entry) : std::next(entry);
  }
}

}  // namespace glassheap::tools
