// The commands of memstat, one file each (memstat_NAME.cc), one row each in
// the table of memstat.cc.

#ifndef GLASSHEAP_TOOLS_MEMSTAT_COMMANDS_H_
#define GLASSHEAP_TOOLS_MEMSTAT_COMMANDS_H_

#include <functional>
#include <string>
#include <vector>

#include "tools/read/root.h"

namespace CLI {
class App;
}

namespace glassheap::tools {

inline constexpr char kMemstat[] = "memstat";

// What a command runs with, beside its own options.
struct CommandInput {
  const Root& root;
  std::vector<std::string> words;  // of the command it is to run: memstat run -- WORDS
};

// Returns the exit code; has printed what there is to print, errors too.
using CommandAction = std::function<int(const CommandInput&)>;

// Adds a command's options to app; the action it returns is called after they
// have been parsed, once at most. The action owns what the options write to.
using CommandSetUp = CommandAction (*)(CLI::App& app);

CommandAction SetUpSystem(CLI::App& app);  // memstat without a command
CommandAction SetUpFree(CLI::App& app);
CommandAction SetUpCompare(CLI::App& app);
CommandAction SetUpHeap(CLI::App& app);
CommandAction SetUpMap(CLI::App& app);
CommandAction SetUpCore(CLI::App& app);
CommandAction SetUpRun(CLI::App& app);
CommandAction SetUpServe(CLI::App& app);

// memstat as free, which has a parser of its own and needs nothing of the above.
bool CalledAsFree(int argc, char** argv);  // by a link of that name
int FreeMain(int argc, char** argv, const Root& root);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MEMSTAT_COMMANDS_H_
