// Finds the stats region of a process that keeps no file of it: it closed the descriptor by a system call that glassheap
// does not see, or none could be had (no memfd_create, no free descriptor), and the region is a private mapping.
//
// It is among the mappings. Root opens the file behind one (map_files); else it is read out of the process' memory, which
// needs the right to attach (under Yama's scope 1: CAP_SYS_PTRACE, or to be its ancestor).

#ifndef GLASSHEAP_TOOLS_READ_REGION_MAPPED_H_
#define GLASSHEAP_TOOLS_READ_REGION_MAPPED_H_

#include <sys/types.h>

#include <chrono>

#include "tools/read/region_attach.h"

namespace glassheap::tools {

inline constexpr std::chrono::milliseconds kMappedDeadline{250};

// pid is the process as we see it. Errors, by errno_value: EACCES or EPERM (another user's), kErrorNoRegion (no trace of
// glassheap), kErrorInherited, kErrorUnreadable (it is there, and out of our reach; says why). The result's fd is not valid
// when the region was read out of memory: read it again by calling this again.
Result<AttachedRegion> AttachMappedRegion(const Directory& process, pid_t pid, pid_t innermost_pid);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_REGION_MAPPED_H_
