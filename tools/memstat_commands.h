// The commands of memstat, one file each (memstat_NAME.cc), one row each in
// the table of memstat.cc.

#ifndef GLASSHEAP_TOOLS_MEMSTAT_COMMANDS_H_
#define GLASSHEAP_TOOLS_MEMSTAT_COMMANDS_H_

#include <cerrno>

#include "tools/cli/commands.h"
#include "tools/cli/program.h"
#include "tools/read/root.h"

namespace glassheap::tools {

inline constexpr char kMemstat[] = "memstat";

ToolAction SetUpSystem(CLI::App& app);  // memstat without a command
ToolAction SetUpFree(CLI::App& app);
ToolAction SetUpCompare(CLI::App& app);
ToolAction SetUpHeap(CLI::App& app);
ToolAction SetUpMap(CLI::App& app);
ToolAction SetUpCore(CLI::App& app);
ToolAction SetUpRun(CLI::App& app);
ToolAction SetUpServe(CLI::App& app);

// The exit code of a target that FindProcess refused: a number that no process can have is wrong use.
inline int TargetNotFound(const Error& error) {
  return Failed(kMemstat, error, error.errno_value == EINVAL ? kExitUsage : kExitFailure);
}

// What SetUpSystem's action does without options, without the parser: building its options costs a tenth of all that free
// does.
int PlainSystemMain(const Root& root);

// memstat as free, which has a parser of its own and needs nothing of the above.
bool CalledAsFree(int argc, char** argv);  // by a link of that name
int FreeMain(int argc, char** argv, const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MEMSTAT_COMMANDS_H_
