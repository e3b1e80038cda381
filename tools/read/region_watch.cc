// Tested by tests/tools/read/region_watch_test.cc.

#include "tools/read/region_watch.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "tools/read/region_reader.h"

namespace glassheap::tools {
namespace {

const std::string kUsualPlace = "fd/" + std::to_string(abi::kRegionFdMin);

bool SameFile(int fd, const Directory& process, const char* name) {
  struct stat ours, there;
  return ::fstat(fd, &ours) == 0 && ::fstatat(process.fd(), name, &there, 0) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

RegionSight SightOf(int errno_value) {
  if (errno_value == EACCES || errno_value == EPERM) return RegionSight::kDenied;
  return errno_value == kErrorUnreadable ? RegionSight::kUnreadable : RegionSight::kNone;
}

}  // namespace

RegionWatch::Usual RegionWatch::LookAtUsualPlace(const Directory& process) {
  const Result<std::string> link = process.ReadLink(kUsualPlace.c_str());
  if (!link && SightOf(link.error().errno_value) == RegionSight::kDenied) sight_ = RegionSight::kDenied;
  if (!link || !link->starts_with(std::string("/memfd:") + abi::kRegionName)) return Usual::kNothing;
  return fd_.valid() && SameFile(fd_.get(), process, kUsualPlace.c_str()) ? Usual::kOurs : Usual::kAnother;
}

std::optional<RegionImage> RegionWatch::Keep(Result<RegionImage> image) {
  sight_ = image ? RegionSight::kSeen : SightOf(image.error().errno_value);
  return std::move(image).optional();
}

std::optional<RegionImage> RegionWatch::Attach(const Directory& process, pid_t innermost_pid) {
  fd_.Close();
  Result<AttachedRegion> region = AttachRegion(process, innermost_pid);
  if (!region) return Keep(region.error());
  fd_ = std::move(region->fd);
  return Keep(std::move(region->image));
}

std::optional<RegionImage> RegionWatch::Read(const Directory& process, std::string_view name, pid_t innermost_pid) {
  sight_ = RegionSight::kNone;
  const bool executed = !looked_ || name_ != name;
  const Usual usual = LookAtUsualPlace(process);
  if (!executed && usual == Usual::kOurs) return Keep(ReadRegion(fd_.get()));
  looked_ = true;
  name_ = name;
  const bool lies_elsewhere = fd_.valid();
  if (executed || usual == Usual::kAnother || lies_elsewhere) return Attach(process, innermost_pid);
  return std::nullopt;
}

}  // namespace glassheap::tools
