// One run of a command, measured as /usr/bin/time does it, from outside and without touching what it does: its own
// process group, no terminal, its output taken and hashed. Nothing of it is left when the run is over: whatever it
// started and left behind is killed.

#ifndef GLASSHEAP_TOOLS_RUN_MEASURED_RUN_H_
#define GLASSHEAP_TOOLS_RUN_MEASURED_RUN_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/model/compare.h"
#include "tools/read/result.h"
#include "tools/run/child_process.h"

namespace glassheap::tools {

// Of each stream the end of the output is kept.
inline constexpr size_t kKeptOutput = size_t{256} << 10;

struct MeasuredSpec {
  std::vector<std::string> command;  // program and arguments; not empty
  std::string library;               // to preload; empty: none
  bool take_output = true;           // else it goes to /dev/null
  std::optional<std::chrono::duration<double>> timeout;
};

struct MeasuredRun {
  RunFigures figures;
  int wait_status = 0;
  bool timed_out = false;
  std::optional<int> stopped_by;  // a signal that asked us to stop
  uint64_t output_hash = 0;       // FNV-1a of all of stdout
  uint64_t output_bytes = 0;
  std::string output;  // the ends of both
  std::string errors;
};

// Makes this process the one that inherits what a command leaves behind, so that it can be ended. Once, before the first
// run.
void AdoptOrphans();

// Returns when the command has ended, or was killed because of the timeout or a signal to us. An error only when it could
// not be started (errno_value is then exec's).
Result<MeasuredRun> RunMeasured(const MeasuredSpec& spec, SignalRelay& signals);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_MEASURED_RUN_H_
