// What `memstat run` says of a command when it has ended. Times are in seconds,
// sizes in bytes.

#ifndef GLASSHEAP_TOOLS_MODEL_RUN_REPORT_H_
#define GLASSHEAP_TOOLS_MODEL_RUN_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "tools/model/heap.h"
#include "tools/model/history.h"

namespace glassheap::tools {

struct RunReport {
  std::string command;             // with its arguments; any bytes
  std::optional<int> exit_status;  // one of these two
  std::optional<int> term_signal;
  double wall_seconds = 0;
  double user_seconds = 0;  // of the command and those of its children that it
                            // waited for; so are the next four
  double system_seconds = 0;
  uint64_t max_rss = 0;
  uint64_t minor_faults = 0;
  uint64_t major_faults = 0;

  bool preloaded = false;
  std::string not_preloaded_because;  // when it was not
  std::optional<Heap> heap;           // at the end
  std::optional<HeapPeak> peak;       // when it held most
  HeapHistory history;                // up to its end
  uint64_t other_processes = 0;       // of its tree, that were under glassheap too
};

// Keeps the highest of many samples: the tiers when most bytes were out of the
// page heap and the central caches.
class PeakKeeper {
 public:
  // seconds: when the sample was taken, on the clock of `wall_seconds`.
  void Add(const Heap& heap, double seconds);

  // Samples so far are another program's: the process has executed something
  // else.
  void Restart() { peak_.reset(); }

  const std::optional<HeapPeak>& peak() const { return peak_; }

 private:
  void Offer(const HeapPeak& candidate);

  std::optional<HeapPeak> peak_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_RUN_REPORT_H_
