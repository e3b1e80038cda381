// A tool with commands (`oomscore set`, `memstat heap`): one row each in a table of the main, one file each.

#ifndef GLASSHEAP_TOOLS_CLI_COMMANDS_H_
#define GLASSHEAP_TOOLS_CLI_COMMANDS_H_

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tools/read/root.h"

namespace CLI {
class App;
}

namespace glassheap::tools {

// What a command runs with, beside its own options.
struct ToolInput {
  const Root& root;
  std::vector<std::string> words;  // of the command it is to run: memstat run -- WORDS
};

// Returns the exit code; has printed what there is to print, errors too.
using ToolAction = std::function<int(const ToolInput&)>;

// Adds a command's options to app; the action it returns is called after they have been parsed, once at most. The
// action owns what the options write to.
using ToolSetUp = ToolAction (*)(CLI::App& app);

struct ToolCommand {
  const char* name;
  const char* help;
  ToolSetUp set_up;
  bool runs_words = false;  // it runs a command of yours, which follows its options
};

struct Tool {
  const char* name;
  const char* about;
  ToolSetUp alone;  // without a command
  std::span<const ToolCommand> commands;
  bool colors = false;  // it takes --color=auto|always|never
};

// Parses argv and calls the action of the command that was asked for. Returns the exit code.
int RunTool(const Tool& tool, int argc, char** argv);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_CLI_COMMANDS_H_
