// oomscore: who would be killed first when memory runs out, why, and how to change it. The table of its commands.
//
// Tested by tests/tools/oomscore_test.cc.

#include "tools/cli/commands.h"
#include "tools/cli/program.h"
#include "tools/oomscore_commands.h"

namespace glassheap::tools {
namespace {

constexpr char kAbout[] =
    "Who would be killed first when memory runs out, why, and how to change it.\n"
    "Without a command: processes in the order in which the kernel would kill them.";

// One row per command.
constexpr ToolCommand kCommands[] = {
    {"victim", "who dies when memory runs out, and what that gives back", SetUpOomVictim},
    {"explain", "one process: what counts against it, and what must change", SetUpOomExplain},
    {"set", "change the adjustment of running processes", SetUpOomSet},
    {"run", "run a command with an adjustment", SetUpOomRun, true},
    {"watch", "a line for each OOM kill as it happens", SetUpOomWatch},
    {"unit", "what makes an adjustment last: systemd, docker, Kubernetes", SetUpOomUnit},
};

}  // namespace
}  // namespace glassheap::tools

int main(int argc, char** argv) {
  using namespace glassheap::tools;
  return RunProgram(kOomscore, [&] { return RunTool({kOomscore, kAbout, SetUpOomList, kCommands}, argc, argv); });
}
