// memstat: what the machine's memory is used for, and what a heap is made of.
// The table of its commands.
//
// Tested by tests/tools/memstat_test.cc.

#include <string_view>

#include "tools/cli/commands.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"

namespace glassheap::tools {
namespace {

constexpr char kAbout[] =
    "Memory of the machine as `free` counts it, and of every process under "
    "glassheap.\n"
    "Without a command: the machine's table and the sum of all heaps.";

// One row per command.
constexpr ToolCommand kCommands[] = {
    {"run", "run a command under glassheap; report on stderr when it ends", SetUpRun, true},
    {"compare", "run a command under each allocator, side by side", SetUpCompare, true},
    {"heap", "one process under glassheap: its heap, tier by tier", SetUpHeap},
    {"map", "one process' address space: text, data, heap, libraries, stack", SetUpMap},
    {"free", "free of procps-ng to the byte, with its options; so is memstat called as free", SetUpFree},
    {"core", "what the heap of a program was that left a core dump", SetUpCore},
    {"serve", "metrics of the machine and of every heap for Prometheus", SetUpServe},
};

}  // namespace
}  // namespace glassheap::tools

int main(int argc, char** argv) {
  using namespace glassheap::tools;
  if (CalledAsFree(argc, argv)) return FreeMain(argc, argv, Root::FromEnvironment());
  if (argc > 1 && std::string_view(argv[1]) == "free") return FreeMain(argc - 1, argv + 1, Root::FromEnvironment());
  return RunProgram(kMemstat, [&] {
    if (argc == 1) return PlainSystemMain(Root::FromEnvironment());
    return RunTool({kMemstat, kAbout, SetUpSystem, kCommands, /*colors=*/true}, argc, argv);
  });
}
