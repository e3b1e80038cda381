// The table of processes, refresh after refresh: samples in, processes with ranks and rates out.
//
// Pure but for its memory of earlier refreshes. Time is given, in seconds of a clock that does not jump.
//
// Invariants:
//   (1) Ranks are 1..n without gaps over the processes that the kernel may kill, by badness; of two equals the one
//       later in /proc is first, as the kernel's scan has it.
//   (2) Rates belong to one incarnation of a pid: a reused pid starts anew.

#ifndef GLASSHEAP_TOOLS_MODEL_PROCESS_TABLE_H_
#define GLASSHEAP_TOOLS_MODEL_PROCESS_TABLE_H_

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tools/model/oom.h"
#include "tools/model/process.h"
#include "tools/read/oom_scan.h"
#include "tools/read/process_reader.h"
#include "tools/read/users.h"

namespace glassheap::tools {

class ProcessTable {
 public:
  std::vector<Process> Update(const std::vector<ProcessSample>& samples, const OomScope& scope, Users& users,
                              double now_seconds);

 private:
  struct Point {
    double seconds;
    uint64_t bytes;  // RSS + swap
  };
  struct Past {
    uint64_t incarnation = 0;
    double seconds = 0;         // of the last refresh
    std::vector<Point> points;  // at most 14; a deque would take 600 bytes of each process
    std::optional<uint64_t> minor_faults;
    std::optional<uint64_t> major_faults;
    std::optional<uint64_t> allocated;
    std::optional<uint64_t> ticks;
  };

  void AddRates(const ProcessSample& sample, double now, Process& process);
  void AddGrowth(Past& past, double now, Process& process);

  std::unordered_map<pid_t, Past> past_;
};

// One sample without its rates and rank.
Process DescribeProcess(const ProcessSample& sample, const OomScope& scope, Users& users);
Process DescribeProcess(const OomSample& sample, const OomScope& scope, Users& users);

// Nothing when the kernel never kills it, or its adjustment is not known.
std::optional<int64_t> BadnessPages(const OomSample& sample, const OomScope& scope);

// Sets rank. Processes are in the order of /proc.
void RankProcesses(std::vector<Process>& processes);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_PROCESS_TABLE_H_
