// Tested by tests/tools/read/process_extras_test.cc.

#include "tools/read/process_extras.h"

#include <array>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "tools/read/region_attach.h"
#include "tools/read/region_probe.h"
#include "tools/read/slow_reader.h"

namespace glassheap::tools {
namespace {

constexpr size_t kFew = 4;  // of so many all descriptors are looked through, as there is time for it

std::string FileOf(pid_t pid, const char* name) { return std::to_string(pid) + "/" + name; }

std::string ReadCgroup(const Directory& proc, pid_t pid) {
  std::array<char, 4096> room;
  const ssize_t got = proc.ReadOnce(FileOf(pid, "cgroup").c_str(), room);
  return got > 0 ? MemoryCgroupPath(std::string_view(room.data(), static_cast<size_t>(got))) : "";
}

// Each set of cgroups read once.
class CgroupReader {
 public:
  explicit CgroupReader(const Directory& proc) : proc_(proc) {}

  std::string Read(const ExtrasRequest& request) {
    if (request.cgroups == 0) return ReadCgroup(proc_, request.pid);
    std::string& path = paths_[request.cgroups];
    if (path.empty()) path = ReadCgroup(proc_, request.pid);  // of the first it may be gone
    return path;
  }

 private:
  const Directory& proc_;
  std::unordered_map<uint64_t, std::string> paths_;
};

std::optional<RegionImage> ReadRegionOf(const Root& root, const Directory& proc, const ExtrasRequest& request,
                                        bool thoroughly) {
  if (!request.has_region) return std::nullopt;
  if (!thoroughly && !MayHaveRegion(root, proc, request.pid)) return std::nullopt;
  const Result<Directory> process = proc.OpenDirectory(std::to_string(request.pid).c_str());
  if (!process) return std::nullopt;
  Result<AttachedRegion> region = AttachRegion(*process, request.innermost_pid);
  if (!region) return std::nullopt;
  return std::move(region->image);
}

void ReadCommandLines(std::shared_ptr<const Directory> proc, const std::vector<ExtrasRequest>& requests,
                      std::vector<ProcessExtras>& extras) {
  std::vector<SlowReader::Request> reads;
  for (size_t i = 0; i < requests.size(); ++i) {
    reads.push_back({i, proc, FileOf(requests[i].pid, "cmdline"), kMaxCommandLine});
  }
  SlowReader reader;
  reader.Ask(std::move(reads));
  for (const SlowReader::Answer& answer : reader.Collect(kCommandLinePatience)) {
    if (answer.error == 0) extras[answer.id].command_line = JoinCommandLine(answer.text);
  }
}

}  // namespace

std::vector<ProcessExtras> ReadProcessExtras(const Root& root, const std::vector<ExtrasRequest>& requests,
                                             unsigned files) {
  std::vector<ProcessExtras> extras(requests.size());
  Result<Directory> opened = root.OpenDirectory("proc");
  if (!opened || requests.empty() || files == 0) return extras;
  const auto proc = std::make_shared<const Directory>(*std::move(opened));
  if (files & kReadCommandLine) ReadCommandLines(proc, requests, extras);
  CgroupReader cgroups(*proc);
  for (size_t i = 0; i < requests.size(); ++i) {
    if (files & kReadCgroup) extras[i].cgroup = cgroups.Read(requests[i]);
    if (files & kReadRegion) extras[i].region = ReadRegionOf(root, *proc, requests[i], requests.size() <= kFew);
  }
  return extras;
}

}  // namespace glassheap::tools
