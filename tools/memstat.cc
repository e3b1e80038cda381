// memstat: what the machine's memory is used for, and what a heap is made of.
// The table of its commands, and the way to the one that was asked for.
//
// Tested by tests/tools/memstat_test.cc.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/arguments.h"
#include "tools/cli/color.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"

namespace glassheap::tools {
namespace {

constexpr char kAbout[] =
    "Memory of the machine as `free` counts it, and of every process under "
    "glassheap.\n"
    "Without a command: the machine's table and the sum of all heaps.";

// One row per command.
constexpr struct {
  const char* name;
  const char* help;
  CommandSetUp set_up;
  bool runs_words;  // it runs a command of yours, which follows its options
} kCommands[] = {
    {"run", "run a command under glassheap; report on stderr when it ends", SetUpRun, true},
    {"compare", "run a command under each allocator, side by side", SetUpCompare, true},
    {"heap", "one process under glassheap: its heap, tier by tier", SetUpHeap, false},
    {"map", "one process' address space: text, data, heap, libraries, stack", SetUpMap, false},
    {"free", "free of procps-ng to the byte, with its options; so is memstat called as free", SetUpFree, false},
    {"core", "what the heap of a program was that left a core dump", SetUpCore, false},
    {"serve", "metrics of the machine and of every heap for Prometheus", SetUpServe, false},
};

bool TakesValue(const CLI::App& command, const std::string& word) {
  const CLI::Option* option = command.get_option_no_throw(word);
  return option != nullptr && option->get_expected_min() > 0;
}

// The words of the command to run begin at "--", or at the first word that is
// neither an option of ours nor an option's value. What follows is that
// command's business and is never looked at.
std::vector<std::string> SplitWords(const CLI::App& command, std::vector<std::string>& arguments) {
  size_t end = 1;
  while (end < arguments.size() && arguments[end].size() > 1 && arguments[end][0] == '-' && arguments[end] != "--") {
    end += TakesValue(command, arguments[end]) ? 2 : 1;
  }
  const auto tail = arguments.begin() + static_cast<ptrdiff_t>(std::min(end, arguments.size()));
  std::vector<std::string> words(tail, arguments.end());
  arguments.erase(tail, arguments.end());
  if (!words.empty() && words[0] == "--") words.erase(words.begin());
  return words;
}

int Main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  std::string root;
  std::string color = "auto";
  CLI::App app(kAbout);
  SetUpArguments(app, kMemstat);
  app.add_option("--root", root, "read DIR/proc instead of /proc")->type_name("DIR");
  app.add_option("--color", color, "auto, always or never")->type_name("WHEN");
  CommandAction action = SetUpSystem(app);
  std::vector<std::pair<CLI::App*, CommandAction>> commands;
  std::vector<std::string> words;
  for (const auto& row : kCommands) {
    CLI::App* command = app.add_subcommand(row.name, row.help);
    commands.emplace_back(command, row.set_up(*command));
    if (!row.runs_words) continue;
    command->footer("COMMAND follows after --, with its arguments.");
    if (!arguments.empty() && arguments[0] == row.name) words = SplitWords(*command, arguments);
  }
  app.require_subcommand(0, 1);
  if (const std::optional<int> stop = ParseArguments(app, kMemstat, std::move(arguments))) return *stop;
  if (!ParseColorMode(color)) return Misused(kMemstat, {"--color " + color, "it is auto, always or never"});
  for (const auto& [command, its_action] : commands) {
    if (command->parsed()) action = its_action;
  }
  return action({root.empty() ? Root::FromEnvironment() : Root(root), std::move(words)});
}

}  // namespace
}  // namespace glassheap::tools

int main(int argc, char** argv) {
  using namespace glassheap::tools;
  if (CalledAsFree(argc, argv)) return FreeMain(argc, argv, Root::FromEnvironment());
  if (argc > 1 && std::string_view(argv[1]) == "free") return FreeMain(argc - 1, argv + 1, Root::FromEnvironment());
  return RunProgram(kMemstat, [&] { return Main(argc, argv); });
}
