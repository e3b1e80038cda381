// A record of every process of the machine from the kernel in one go: 1.5 us of processor time each, where
// /proc/PID/status and oom_score_adj take 20. Starting it costs 4 ms.
//
// It needs Linux 5.8 with its type information (/sys/kernel/btf/vmlinux), CAP_BPF and CAP_PERFMON (as root has), and to
// be outside of containers; the kernel's audit log has a line of each use where it is on. Where it cannot be had nothing
// is said and nothing is left behind: the caller reads /proc. A kernel may leave processes out, as one of a sandbox that
// hides its first process: who lists processes goes by /proc.
//
// Invariants: (1) Numbers are those of the first pid and user namespace. (2) Records are in the order of pids. (3) No
// descriptor outlives a call, and with the last of them the kernel drops program and map.

#ifndef GLASSHEAP_TOOLS_READ_TASK_ITERATOR_H_
#define GLASSHEAP_TOOLS_READ_TASK_ITERATOR_H_

#include <functional>
#include <optional>
#include <span>

#include "tools/read/process_status.h"
#include "tools/read/root.h"
#include "tools/read/task_program.h"

namespace glassheap::tools {

// Whether it is worth trying: the rights, no seccomp filter that might kill who asks, and a /proc that shows the same
// processes. Cheap, and asks the kernel nothing that is logged.
bool MayIterateTasks(const Root& root, const Directory& proc);

// Calls take with the records as they come. The memory is good until take returns. False when it cannot be had, or not
// in full: forget what was taken.
// exact_counts: whether this kernel's status adds up what each processor has counted (SystemMemory::exact_counts).
// REQUIRES: MayIterateTasks.
bool IterateTasks(const Root& root, bool exact_counts, const std::function<void(std::span<const TaskRecord>)>& take);

// As /proc/PID/status says it, but for the names of kernel threads: those are made up when they are asked for.
// REQUIRES: record.memory is not kLost.
ProcessStatus StatusOf(const TaskRecord& record);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_TASK_ITERATOR_H_
