// PSS and USS of some processes, measured a few at a time. Reading smaps_rollup costs about 40 us for a small process and
// 10 ms for each GiB of small pages, and holds the process' mmap lock all the while; so it is done on demand, in a thread,
// and within a budget: after a read that took longer than the budget, as many refreshes go by without one as pay for it.
//
// Thread safety: none.

#ifndef GLASSHEAP_TOOLS_RUN_PSS_SAMPLER_H_
#define GLASSHEAP_TOOLS_RUN_PSS_SAMPLER_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tools/model/process.h"
#include "tools/read/process_reader.h"
#include "tools/read/slow_reader.h"

namespace glassheap::tools {

class PssSampler {
 public:
  // Never measured without being asked for by name: it would take more than about 20 ms.
  static constexpr uint64_t kTooLarge = uint64_t{2} << 30;
  static constexpr double kBudgetSeconds = 0.005;  // a refresh

  // Starts measuring those of the processes whose figures are oldest, as far as the budget goes.
  void Measure(const std::vector<const Process*>& processes, ProcessReader& reader, double now);

  // One process at any cost: it is done before Collect returns, or given up.
  void MeasureNow(const Process& process, ProcessReader& reader);

  // Puts what has been measured into the processes. whole: waits until everything asked for is there.
  void Collect(std::vector<Process>& processes, double now, bool whole);

 private:
  struct Known {
    uint64_t incarnation = 0;
    bool asked = false;
    bool refused = false;  // not readable by us, or stuck
    std::optional<uint64_t> pss = {};
    std::optional<uint64_t> uss = {};
    double measured = -1e9;
  };

  bool Ask(const Process& process, ProcessReader& reader, std::vector<SlowReader::Request>& requests);
  void Take(const SlowReader::Answer& answer, double now);

  SlowReader slow_;
  std::unordered_map<pid_t, Known> known_;
  double credit_ = kBudgetSeconds;
  bool wait_ = false;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_PSS_SAMPLER_H_
