// What `memstat heap` says of one process, for a screen that may not wait: reading a process' pages and memory takes
// milliseconds, and as long as it likes of a process that does not want to be read.
//
// Thread safety: one caller.

#ifndef GLASSHEAP_TOOLS_RUN_REPORT_READER_H_
#define GLASSHEAP_TOOLS_RUN_REPORT_READER_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "tools/model/heap_report.h"
#include "tools/read/root.h"
#include "tools/read/slow_reader.h"

namespace glassheap::tools {

class ReportReader {
 public:
  struct Answer {
    uint64_t id;
    double seconds;  // that it took
    Result<HeapReport> report;
  };

  explicit ReportReader(const Root& root);

  bool busy() const { return slow_.waiting() > 0; }

  // REQUIRES: !busy(). process: of the pid, held open until the answer is there.
  void Ask(uint64_t id, pid_t pid, std::shared_ptr<const Directory> process);

  // The answer, if it comes within so long. One that takes longer than five seconds is an error.
  std::optional<Answer> Take(std::chrono::milliseconds wait = {});

 private:
  struct Slot;

  std::shared_ptr<Slot> slot_;
  SlowReader slow_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_REPORT_READER_H_
