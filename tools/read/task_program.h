// The program that the kernel runs for every task when processes are listed (bpf, iter/task): it hands out a record of
// each process. Instructions, made for the running kernel's layout. A compiler for them and libbpf would be more to
// install, and 30 ms of processor time a start instead of 4.
//
// This file and task_program.cc may be used under the MIT licence or the GPL, version 2, too: the kernel lets only
// programs under the GPL read its memory.

#ifndef GLASSHEAP_TOOLS_READ_TASK_PROGRAM_H_
#define GLASSHEAP_TOOLS_READ_TASK_PROGRAM_H_

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

#include "tools/read/task_layout.h"

namespace glassheap::tools {

// As the program writes it.
struct TaskRecord {
  int32_t pid;
  int32_t ppid;
  uint32_t uid;  // effective
  uint32_t flags;
  uint32_t state;
  uint32_t exit_state;
  int16_t oom_score_adj;
  int16_t unused;
  int32_t threads;
  int32_t innermost_pid;
  enum : uint32_t {
    kNoMemory,
    kMemory,
    kLost
  } memory;  // kLost: given up or changed while it was read, or not as we know it
  char comm[16];
  int64_t pages[kPageCounters];
  uint64_t page_tables;  // bytes
  uint64_t cgroups;      // the same of two processes: they are in the same cgroups. 0: not known
};
static_assert(sizeof(TaskRecord) == 104);

inline constexpr uint32_t kKernelThreadFlag = 0x00200000;  // PF_KTHREAD
inline constexpr char kTaskProgramLicense[] = "Dual MIT/GPL";

struct TaskProgramOptions {
  // Adds what each of that many processors has counted, as the kernel does since 6.16 for /proc/PID/status. 0: not.
  uint32_t processors = 0;
  int map = -1;  // with processors: descriptor of a map of one value of 8 bytes per processor
};

std::vector<bpf_insn> MakeTaskProgram(const TaskLayout& layout, const TaskProgramOptions& options);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_TASK_PROGRAM_H_
