// Which processes have one address space between them (clone with CLONE_VM, without CLONE_THREAD). The kernel kills
// them together, and an adjustment of one is that of all.

#ifndef GLASSHEAP_TOOLS_READ_SHARED_MEMORY_H_
#define GLASSHEAP_TOOLS_READ_SHARED_MEMORY_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace glassheap::tools {

// One number for each pid, in their order: the same for those that share their memory, 0 for one that shares with none
// of the others or that we may not ask about (kcmp(2) wants PTRACE_MODE_READ). About log2(n) system calls for each.
std::vector<uint64_t> IdentifySharedMemory(const std::vector<pid_t>& pids);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_SHARED_MEMORY_H_
