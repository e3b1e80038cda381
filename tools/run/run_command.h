// Runs a command under glassheap and observes it from its start to its end.
//
// The command's region reaches us by the notice socket as soon as it is made.
// It is sampled while the command runs, for the peak, and read once more when
// the command has ended: the descriptor outlives the process.

#ifndef GLASSHEAP_TOOLS_RUN_RUN_COMMAND_H_
#define GLASSHEAP_TOOLS_RUN_RUN_COMMAND_H_

#include <string>
#include <vector>

#include "tools/model/run_report.h"
#include "tools/read/result.h"
#include "tools/run/child_process.h"

namespace glassheap::tools {

struct RunSpec {
  std::vector<std::string> command;  // program and arguments; not empty
  std::string library;               // the absolute path to preload; empty: none
  std::string allocator;             // what the library is called, for the report
};

// Returns when the command has ended. An error only when it could not be
// started; errno_value is then exec's. signals is the caller's, so that a
// signal that ends the command as well as us leaves time for the report.
Result<RunReport> RunCommand(const RunSpec& spec, SignalRelay& signals);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_RUN_COMMAND_H_
