// The stats region of one process, refresh after refresh.
//
// A process without one, which is nearly every process, costs one readlink a
// refresh: of fd/900, where a region lies. All its descriptors are looked
// through only when its name is new, which is what exec changes.
//
// A region is held open between refreshes, and given up when fd/900 no longer
// is that file: the process has executed something else.

#ifndef GLASSHEAP_TOOLS_READ_REGION_WATCH_H_
#define GLASSHEAP_TOOLS_READ_REGION_WATCH_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "tools/read/region_attach.h"

namespace glassheap::tools {

// What became of the last look for a region.
enum class RegionSight {
  kNone,        // the process has none of its own that can be found
  kSeen,        // it was read
  kDenied,      // we may not look among its open files: another user's, or protected
  kUnreadable,  // there is one, and it is not what it should be
};

class RegionWatch {
 public:
  // The region as it is now; nothing when the process has none of its own, or
  // we may not read it, or it makes no sense.
  std::optional<RegionImage> Read(const Directory& process, std::string_view name, pid_t innermost_pid);

  RegionSight sight() const { return sight_; }

 private:
  enum class Usual { kNothing, kOurs, kAnother };  // what lies where a region usually lies

  Usual LookAtUsualPlace(const Directory& process);
  std::optional<RegionImage> Keep(Result<RegionImage> image);
  std::optional<RegionImage> Attach(const Directory& process, pid_t innermost_pid);

  FileDescriptor fd_;  // the region, when it was found
  std::string name_;   // of the process when all descriptors were looked through
  bool looked_ = false;
  RegionSight sight_ = RegionSight::kNone;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_REGION_WATCH_H_
