// The inside of one process for memtop's detail view, refresh after refresh: its heap as far as it may be read, and what
// it was over time. When the process has gone, what was last read stays.
//
// Thread safety: none.

#ifndef GLASSHEAP_TOOLS_RUN_DETAIL_SAMPLER_H_
#define GLASSHEAP_TOOLS_RUN_DETAIL_SAMPLER_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "tools/model/process_detail.h"
#include "tools/read/process_reader.h"
#include "tools/read/region_watch.h"
#include "tools/read/slow_reader.h"
#include "tools/run/report_reader.h"

namespace glassheap::tools {

class DetailSampler {
 public:
  explicit DetailSampler(const Root& root) : reports_(root) {}

  // processes: of the same refresh. needs: DetailNeed bits. What is costly is read by threads, so it may come with a later
  // refresh: the address space anew after ten seconds, the pages after two, or after fifty times what they took.
  // REQUIRES: reader has read the processes.
  const ProcessDetail& Sample(pid_t pid, uint64_t incarnation, const std::vector<Process>& processes,
                              ProcessReader& reader, double now, unsigned needs = kDetailNothing);

  void Forget() { detail_.reset(); }

 private:
  void ReadHeap(ProcessReader& reader, bool with_history);
  void AddToHistory(double now);
  void AskForMap(ProcessReader& reader, double now);
  void TakeMap(const SlowReader::Answer& answer, ProcessReader& reader);
  void AskForResident(ProcessReader& reader, double now);
  void TakeResident(std::optional<ReportReader::Answer> answer, ProcessReader& reader, double now);

  std::optional<ProcessDetail> detail_;
  RegionWatch region_;
  std::optional<AddressRange> heap_window_;
  SlowReader slow_;
  double map_asked_ = -1e9;
  ReportReader reports_;
  double resident_due_ = -1e9;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_DETAIL_SAMPLER_H_
