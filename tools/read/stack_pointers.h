// Where the stacks of a process' threads are: the stack pointers in /proc/PID/task/TID/syscall (proc_pid_task(5)). Needs
// the right to attach. A thread that is running has none to show, and that is no error.

#ifndef GLASSHEAP_TOOLS_READ_STACK_POINTERS_H_
#define GLASSHEAP_TOOLS_READ_STACK_POINTERS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tools/read/root.h"

namespace glassheap::tools {

// "35 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffc0a1b2c30 0x7f0102030405" and "-1 0x7ffc0a1b2c30 0x7f0102030405": the last but one.
std::optional<uint64_t> ParseStackPointer(std::string_view text);

// Of the first kMaxThreads threads.
inline constexpr size_t kMaxStackPointers = 4096;
std::vector<uint64_t> ReadStackPointers(const Directory& process);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_STACK_POINTERS_H_
