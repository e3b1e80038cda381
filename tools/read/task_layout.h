// Where the running kernel keeps what it prints about a process in /proc/PID/status: byte offsets in its structs.
//
// They differ between kernels and between their configurations, and are read from the kernel's own description.

#ifndef GLASSHEAP_TOOLS_READ_TASK_LAYOUT_H_
#define GLASSHEAP_TOOLS_READ_TASK_LAYOUT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace glassheap::tools {

// The counters of an address space in the order of the kernel's enum since 4.5 (include/linux/mm_types_task.h).
inline constexpr uint32_t kPageCounters = 4;
inline constexpr uint32_t kMostCounterBytes = 256;  // 160 in a kernel that is not for debugging
enum PageCounter : uint32_t { kFilePages, kAnonPages, kSwapEntries, kShmemPages };

struct TaskLayout {
  uint32_t iterator = 0;  // type id of the function that a task iterator stands for

  struct {
    uint32_t flags, pid, tgid, state, exit_state, comm, real_parent, signal, real_cred, mm, thread_pid;
    uint32_t cgroups;  // 0: the kernel has none
  } task{};
  struct {
    uint32_t threads, oom_score_adj;
  } signal{};
  uint32_t cred_euid = 0;
  struct {
    uint32_t level, numbers, number_bytes, number;  // numbers[level].number is the innermost pid
  } pid{};
  struct {
    uint32_t page_tables;
    uint32_t counters;       // all of them
    uint32_t counter_bytes;  // at most kMostCounterBytes
    // Of each, from counters on:
    std::array<uint32_t, kPageCounters> counts;
    std::array<uint32_t, kPageCounters> parts;  // pointer to what each processor has counted
    bool in_parts;                              // since Linux 6.2; else there are none
  } mm{};
  uint32_t map_base = 0;  // of a map that has a value per processor: its pointer to the first of them
};

// btf: the whole of /sys/kernel/btf/vmlinux. Nothing when a struct is not as this tool knows it.
std::optional<TaskLayout> FindTaskLayout(std::string_view btf);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_TASK_LAYOUT_H_
