// Tested by tests/tools/read/oom_scan_test.cc.

#include "tools/read/oom_scan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
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

}  // namespace

Result<std::vector<OomSample>> ScanForOom(const Root& root) {
  const Result<Directory> proc = root.OpenDirectory("proc");
  if (!proc) return proc.error();
  const Result<std::vector<std::string>> names = proc->List();
  if (!names) return names.error();
  const std::vector<pid_t> pids = PidsAmong(*names);
  std::vector<OomSample> samples;
  samples.reserve(pids.size());
  Reader reader(*proc);
  for (const pid_t pid : pids) {
    reader.Choose(pid);
    const auto text = reader.Read("status");
    auto status = text ? ParseProcessStatus(*text) : std::nullopt;
    if (!status) continue;
    OomSample& sample = samples.emplace_back();
    sample.pid = pid;
    sample.status = *std::move(status);
    if (const auto adj = reader.Read("oom_score_adj")) sample.oom_score_adj = ParseStart<int>(*adj);
    if (pid != kInit) continue;
    // In a container pid 1 is killed like any other. The kernel prints 0 for those it never kills.
    const auto score = reader.Read("oom_score");
    sample.init = !score || ParseStart<int>(*score).value_or(0) == 0;
  }
  return samples;
}

}  // namespace glassheap::tools
