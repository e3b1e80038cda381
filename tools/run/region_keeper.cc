// Tested by tests/tools/oomscore_watch_test.cc.

#include "tools/run/region_keeper.h"

#include <sys/stat.h>

#include <string>
#include <unordered_set>
#include <utility>

#include "tools/model/process_heap.h"
#include "tools/read/process_status.h"
#include "tools/read/region_attach.h"
#include "tools/read/region_reader.h"

namespace glassheap::tools {
namespace {

// Where a region usually lies. One that lies elsewhere (its number was taken) is not kept.
const std::string kUsualPlace = "fd/" + std::to_string(abi::kRegionFdMin);

bool HasRegion(const Directory& process) {
  const Result<std::string> link = process.ReadLink(kUsualPlace.c_str());
  return link && link->starts_with(std::string("/memfd:") + abi::kRegionName);
}

bool SameFile(int fd, const Directory& process) {
  struct stat ours, there;
  return ::fstat(fd, &ours) == 0 && ::fstatat(process.fd(), kUsualPlace.c_str(), &there, 0) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

pid_t PidInside(const Directory& process, pid_t pid) {
  const Result<std::string> text = process.ReadRecord("status");
  const auto status = text ? ParseProcessStatus(*text) : std::nullopt;
  return status ? status->innermost_pid.value_or(pid) : pid;
}

}  // namespace

void RegionKeeper::Look(pid_t pid) {
  const Result<Directory> process = root_.OpenDirectory("proc/" + std::to_string(pid));
  if (!process || !HasRegion(*process)) return;  // one that is ending keeps the region that we hold
  const auto held = regions_.find(pid);
  if (held != regions_.end() && SameFile(held->second.get(), *process)) return;
  Result<AttachedRegion> region = AttachRegion(*process, PidInside(*process, pid));
  if (region) regions_.insert_or_assign(pid, std::move(region->fd));
}

void RegionKeeper::KeepOnly(const std::vector<pid_t>& running) {
  const std::unordered_set<pid_t> kept(running.begin(), running.end());
  std::erase_if(regions_, [&](const auto& entry) { return !kept.contains(entry.first); });
}

std::optional<ProcessHeap> RegionKeeper::HeapOf(pid_t pid) const {
  const auto held = regions_.find(pid);
  if (held == regions_.end()) return std::nullopt;
  const Result<RegionImage> image = ReadRegion(held->second.get());
  return image ? SummarizeHeap(*image) : std::nullopt;
}

}  // namespace glassheap::tools
