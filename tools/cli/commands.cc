// Tested by tests/tools/oomscore_test.cc and tests/tools/memstat_test.cc.

#include "tools/cli/commands.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tools/cli/arguments.h"
#include "tools/cli/color.h"
#include "tools/cli/program.h"

namespace glassheap::tools {
namespace {

bool TakesValue(const CLI::App& command, const std::string& word) {
  const CLI::Option* option = command.get_option_no_throw(word);
  return option != nullptr && option->get_expected_min() > 0;
}

// The words of the command to run begin at "--", or at the first word that is neither an option of ours nor an option's
// value. What follows is that command's business and is never looked at.
std::vector<std::string> TakeWords(const CLI::App& command, std::vector<std::string>& arguments) {
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

}  // namespace

int RunTool(const Tool& tool, int argc, char** argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  std::string root;
  std::string color = "auto";
  CLI::App app(tool.about);
  SetUpArguments(app, tool.name);
  app.add_option("--root", root, "read DIR/proc instead of /proc")->type_name("DIR");
  if (tool.colors) app.add_option("--color", color, "auto, always or never")->type_name("WHEN");
  ToolAction action = tool.alone(app);
  std::vector<std::pair<CLI::App*, ToolAction>> actions;
  std::vector<std::string> words;
  for (const ToolCommand& row : tool.commands) {
    CLI::App* command = app.add_subcommand(row.name, row.help);
    // What is not called needs no options, and a hundred of them take longer than all that free does.
    if (std::ranges::find(arguments, row.name) == arguments.end()) continue;
    actions.emplace_back(command, row.set_up(*command));
    if (!row.runs_words) continue;
    command->footer("COMMAND follows after --, with its arguments.");
    if (!arguments.empty() && arguments[0] == row.name) words = TakeWords(*command, arguments);
  }
  app.require_subcommand(0, 1);
  if (const std::optional<int> stop = ParseArguments(app, tool.name, std::move(arguments))) return *stop;
  if (!ParseColorMode(color)) return Misused(tool.name, {"--color " + color, "it is auto, always or never"});
  for (const auto& [command, its_action] : actions) {
    if (command->parsed()) action = its_action;
  }
  const Root opened = root.empty() ? Root::FromEnvironment() : Root(root);
  return action({opened, std::move(words)});
}

}  // namespace glassheap::tools
