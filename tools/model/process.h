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
#include <vector>

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
  uint64_t caches = 0;           // threads that have one
};

// One thread; memory belongs to the process, so there is little to say.
struct ProcessThread {
  pid_t tid = 0;
  std::string name;  // any bytes
  char state = '?';
  std::optional<uint64_t> cached;  // in its thread cache, as last published
  std::optional<double> allocated_per_second;
};

struct Process {
  pid_t pid = 0;             // 0: a group of processes
  uint64_t incarnation = 0;  // differs between two processes that had the same pid; 0: not known
  std::optional<pid_t> ppid;
  std::string user;
  std::string name;          // comm: any bytes
  std::string command_line;  // any bytes; empty where there is none
  std::string cgroup;        // any bytes; empty where there is none or it was not asked for
  char state = '?';
  bool kernel_thread = false;
  std::optional<uint64_t> threads;

  std::optional<uint64_t> rss;
  std::optional<uint64_t> rss_anon;
  std::optional<uint64_t> rss_file;
  std::optional<uint64_t> rss_shmem;
  std::optional<uint64_t> swap;
  std::optional<uint64_t> page_tables;
  std::optional<double> memory_percent;  // RSS of RAM

  // Measured on demand: they cost time, and hold the process' mmap lock for it.
  std::optional<uint64_t> pss;
  std::optional<uint64_t> uss;
  std::optional<double> pss_age_seconds;

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
  std::optional<double> cpu_percent;  // of one processor
  std::optional<double> cpu_seconds;  // user and system, since the start

  std::optional<ProcessHeap> heap;
  std::vector<ProcessThread> thread_list;  // when it was asked for and there is more than one

  uint64_t members = 1;               // processes that are summed up here
  bool shared_counted_often = false;  // rss of a group: pages that members share are counted in each of them
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_PROCESS_H_
