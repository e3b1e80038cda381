// Tested by tests/tools/read/oom_scan_test.cc.

#include "tools/read/oom_scan.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tools/read/task_iterator.h"

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
  pids.reserve(names.size());
  for (const std::string& name : names) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size() && pid > 0) pids.push_back(pid);
  }
  std::ranges::sort(pids);
  return pids;
}

// The files of one process after the other, in memory that is used again.
class Reader {
 public:
  explicit Reader(const Directory& proc) : proc_(proc) {}

  void Choose(pid_t pid) {
    folder_end_ = std::to_chars(path_.data(), path_.data() + kPidBytes, pid).ptr;
    *folder_end_++ = '/';
  }

  // Nothing when it cannot be read. Good until the next call.
  std::optional<std::string_view> Read(std::string_view file) {
    std::memcpy(folder_end_, file.data(), file.size());
    folder_end_[file.size()] = '\0';
    const ssize_t got = proc_.ReadOnce(path_.data(), room_);
    if (got < 0) return std::nullopt;
    if (static_cast<size_t>(got) < room_.size()) return std::string_view(room_.data(), static_cast<size_t>(got));
    if (proc_.ReadInto(path_.data(), long_text_) != 0) return std::nullopt;
    return long_text_;
  }

 private:
  static constexpr size_t kPidBytes = 12;
  static constexpr size_t kFileBytes = 20;

  const Directory& proc_;
  std::array<char, kPidBytes + kFileBytes> path_;
  char* folder_end_ = path_.data();
  std::array<char, 4096> room_;  // what seq_file hands out first; more only with hundreds of supplementary groups
  std::string long_text_;
};

std::optional<OomSample> ReadSample(Reader& reader, pid_t pid) {
  reader.Choose(pid);
  const auto text = reader.Read("status");
  auto status = text ? ParseProcessStatus(*text) : std::nullopt;
  if (!status) return std::nullopt;
  OomSample sample{.pid = pid, .oom_score_adj = {}, .status = *std::move(status)};
  if (const auto adj = reader.Read("oom_score_adj")) sample.oom_score_adj = ParseStart<int>(*adj);
  if (pid != kInit) return sample;
  // In a container pid 1 is killed like any other. The kernel prints 0 for those it never kills.
  const auto score = reader.Read("oom_score");
  sample.init = !score || ParseStart<int>(*score).value_or(0) == 0;
  return sample;
}

// Whether a record says what /proc says of this process. It must be asked in the moment when the record arrives, and
// for the second time: anything else that this process does changes its memory.
class OwnCheck {
 public:
  explicit OwnCheck(const Directory& proc) : reader_(proc), pid_(::getpid()) { ReadSample(reader_, pid_); }

  void See(std::span<const TaskRecord> records) {
    const auto own = std::ranges::find(records, pid_, &TaskRecord::pid);
    if (own == records.end()) return;
    const auto said = ReadSample(reader_, pid_);
    passed_ = said && own->memory == TaskRecord::kMemory && said->status == StatusOf(*own) &&
              said->oom_score_adj == own->oom_score_adj;
  }
  bool passed() const { return passed_; }

 private:
  Reader reader_;
  const pid_t pid_;
  bool passed_ = false;
};

// The samples of what is listed, from the records as far as they go.
class Merge {
 public:
  Merge(const Directory& proc, std::span<const TaskRecord> records, bool kernel_threads, size_t listed)
      : reader_(proc), records_(records), kernel_threads_(kernel_threads) {
    samples_.reserve(listed);
  }

  // REQUIRES: pids come in their order.
  void Take(pid_t pid) {
    while (!records_.empty() && records_.front().pid < pid) records_ = records_.subspan(1);
    const bool known = !records_.empty() && records_.front().pid == pid && records_.front().memory != TaskRecord::kLost;
    const bool kernel_thread = known && (records_.front().flags & kKernelThreadFlag) != 0;
    if (kernel_thread && !kernel_threads_) return;
    if (known && !kernel_thread) {
      const TaskRecord& record = records_.front();
      samples_.push_back({pid, pid == kInit, record.oom_score_adj, StatusOf(record), record.cgroups});
    } else if (auto sample = ReadSample(reader_, pid)) {
      samples_.push_back(*std::move(sample));
    }
  }

  std::vector<OomSample> Finish() && { return std::move(samples_); }

 private:
  Reader reader_;
  std::span<const TaskRecord> records_;
  const bool kernel_threads_;
  std::vector<OomSample> samples_;
};

// "0.20 0.18 0.12 1/80 11206": 80 threads. None where that cannot be read.
size_t CountThreads(const Directory& proc) {
  std::array<char, 128> room;
  const ssize_t got = proc.ReadOnce("loadavg", room);
  const std::string_view text(room.data(), got > 0 ? static_cast<size_t>(got) : 0);
  const size_t slash = text.find('/');
  return slash == std::string_view::npos ? 0 : ParseStart<size_t>(text.substr(slash + 1)).value_or(0);
}

bool Pays(const Directory& proc, size_t processes, size_t iterate_from) {
  if (processes < iterate_from) return false;
  return iterate_from == 0 || processes - iterate_from >= CountThreads(proc) / kThreadsPerProcess;
}

}  // namespace

std::optional<std::vector<TaskRecord>> IterateForOom(const Root& root, const Directory& proc, bool exact_counts) {
  if (!MayIterateTasks(root, proc)) return std::nullopt;
  OwnCheck check(proc);
  std::vector<TaskRecord> all;
  const bool whole = IterateTasks(root, exact_counts, [&](std::span<const TaskRecord> records) {
    check.See(records);
    all.insert(all.end(), records.begin(), records.end());
  });
  if (!whole || !check.passed()) return std::nullopt;
  return all;
}

Result<std::vector<OomSample>> ScanForOom(const Root& root, const OomScanOptions& options) {
  const Result<Directory> proc = root.OpenDirectory("proc");
  if (!proc) return proc.error();
  const Result<std::vector<std::string>> names = proc->List();
  if (!names) return names.error();
  const std::vector<pid_t> pids = PidsAmong(*names);
  std::optional<std::vector<TaskRecord>> records;
  if (Pays(*proc, pids.size(), options.iterate_from)) records = IterateForOom(root, *proc, options.exact_counts);
  if (!records) records.emplace();
  Merge merge(*proc, *records, options.kernel_threads, pids.size());
  for (const pid_t pid : pids) merge.Take(pid);
  return std::move(merge).Finish();
}

}  // namespace glassheap::tools
