// A process as the tools show it: what the kernel says, what follows from it, and its heap where it has one of ours.
//
// Sizes are bytes. Absent means that the figure is not available: a kernel thread has no RSS, the first refresh no
// rate, a process that is not under glassheap no heap.

#ifndef GLASSHEAP_TOOLS_MODEL_PROCESS_H_
#define GLASSHEAP_TOOLS_MODEL_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace glassheap::tools {

// Of the heap's tiers, the sums that a list has room for. They are what the
// process claims: OOM figures never use them.
struct ProcessHeap {
  int64_t live = 0;
  int64_t cached = 0;          // thread and transfer caches, free pages kept
  int64_t fragmented = 0;      // free slots of spans in use, and their tails
  int64_t released = 0;        // address space only
  int64_t page_heap_free = 0;  // of cached: could go back to the kernel at once
  int64_t mapped = 0;
  uint64_t allocated_total = 0;  // by all threads, since the start
};

struct Process {
  pid_t pid = 0;
  std::optional<pid_t> ppid;
  std::string user;
  std::string name;          // comm: any bytes
  std::string command_line;  // any bytes; empty where there is none
  char state = '?';
  bool kernel_thread = false;
  std::optional<uint64_t> threads;

  std::optional<uint64_t> rss;
  std::optional<uint64_t> rss_anon;
  std::optional<uint64_t> rss_file;
  std::optional<uint64_t> rss_shmem;
  std::optional<uint64_t> swap;
  std::optional<uint64_t> page_tables;

  std::optional<int> oom_score_adj;
  std::optional<int> oom_adj;        // legacy scale, as the kernel would print it
  std::optional<int64_t> oom_score;  // as /proc/PID/oom_score
  std::optional<int64_t> badness;    // bytes; absent: never killed
  std::optional<uint64_t> rank;      // 1: killed first; absent: never killed

  std::optional<double> growth_per_minute;  // RSS + swap, over the last minute
  bool growth_sustained = false;            // it never shrank in that time
  std::optional<double> minor_faults_per_second;
  std::optional<double> major_faults_per_second;
  std::optional<double> allocated_per_second;

  std::optional<ProcessHeap> heap;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_PROCESS_H_
