// What the exporter exports: the machine and all heaps that can be seen, read anew each time, at the cost of one pass over
// /proc. Regions and directories stay open between passes (read/process_reader).
//
// Thread safety: none; callers take turns.

#ifndef GLASSHEAP_TOOLS_RUN_METRICS_SURVEY_H_
#define GLASSHEAP_TOOLS_RUN_METRICS_SURVEY_H_

#include <vector>

#include "tools/model/metrics.h"
#include "tools/read/process_reader.h"
#include "tools/read/root.h"

namespace glassheap::tools {

class MetricsSurvey {
 public:
  // root must live as long.
  explicit MetricsSurvey(const Root& root, size_t max_heaps = kDefaultMaxHeaps);

  // What cannot be read has no samples; that is no error.
  std::vector<MetricFamily> Collect();

 private:
  void AddMachine(MetricsInput& input) const;
  void AddHeap(const ProcessSample& sample, MetricsInput& input) const;
  void AddCgroups(MetricsInput& input) const;

  const Root& root_;
  size_t max_heaps_;
  ProcessReader reader_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_METRICS_SURVEY_H_
