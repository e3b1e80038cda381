// Finds the stats region of a running process among its open files. Needs what
// opening /proc/PID/fd needs: the same user (PTRACE_MODE_READ), no privilege,
// and nothing of the process.

#ifndef GLASSHEAP_TOOLS_READ_REGION_ATTACH_H_
#define GLASSHEAP_TOOLS_READ_REGION_ATTACH_H_

#include <sys/types.h>

#include "tools/read/file_descriptor.h"
#include "tools/read/region_image.h"
#include "tools/read/result.h"
#include "tools/read/root.h"

namespace glassheap::tools {

struct AttachedRegion {
  FileDescriptor fd;  // keeps the region readable after the process has ended
  RegionImage image;  // as it was when it was found
};

// process is /proc/PID held open; innermost_pid is what the process itself
// takes for its pid (the last of NSpid). Errors, by errno_value: EACCES or
// EPERM (another user's), ENOENT or ESRCH (it has ended), kErrorNoRegion (not
// under glassheap), kErrorInherited (a forked child that has only its
// parent's), kErrorUnreadable.
Result<AttachedRegion> AttachRegion(const Directory& process, pid_t innermost_pid);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_REGION_ATTACH_H_
