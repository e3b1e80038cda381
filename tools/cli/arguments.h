// Command lines by CLI11, with our manners: -h may be a flag of the tool, wrong
// use is one line on stderr and exit code 2,
// --help and --version go to stdout. For mains only: CLI11 costs seconds to
// compile.

#ifndef GLASSHEAP_TOOLS_CLI_ARGUMENTS_H_
#define GLASSHEAP_TOOLS_CLI_ARGUMENTS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/program.h"
#include "tools/cli/suggestion.h"

namespace glassheap::tools {

// "--bogus: unknown option" from CLI11's sentences.
inline Error UsageError(const CLI::ParseError& error) {
  std::string text = error.what();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  text.erase(text.find_last_not_of(' ') + 1);
  const size_t colon = text.find(": ");
  if (colon != std::string::npos) return Error{text.substr(0, colon), text.substr(colon + 2)};
  return Error{text, "see --help"};
}

// What could have stood there: options by their long names, and commands.
inline std::vector<std::string> WordsOf(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(command->get_name());
  }
  return words;
}

// The command that was given, or the app itself.
inline const CLI::App& AskedCommand(const CLI::App& app) {
  const CLI::App* asked = &app;
  while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
  return *asked;
}

// For the first word that nobody expected.
inline Error UnexpectedWord(const CLI::App& app) {
  const std::vector<std::string> unexpected = app.remaining(true);
  const std::string word = unexpected.empty() ? "" : unexpected.front();
  const std::optional<std::string> meant = NearestWord(word.substr(0, word.find('=')), WordsOf(AskedCommand(app)));
  return Error{word, "not an option or argument here; " + (meant ? "did you mean " + *meant + "?" : "see --help")};
}

// Gives app "--help" and "-V, --version" and our formatting. Call before adding
// options; -h stays free.
inline void SetUpArguments(CLI::App& app, const std::string& name) {
  app.name(name);
  app.set_help_flag("--help", "print this help and exit");
  app.set_version_flag("-V,--version", name + " from glassheap " + kVersion, "print the version and exit");
  app.get_formatter()->column_width(34);
}

// Parses arguments (without argv[0]). Nothing when the tool should go on; else
// the exit code to end with: help and version have been printed, or the error
// line has.
inline std::optional<int> ParseArguments(CLI::App& app, const std::string& name, std::vector<std::string> arguments) {
  std::vector<std::string> reversed(arguments.rbegin(),
                                    arguments.rend());  // as CLI11 wants it
  try {
    app.parse(std::move(reversed));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    const CLI::App& asked = AskedCommand(app);
    return WriteOutput(name, asked.help(&asked == &app ? "" : name)).value_or(kExitOk);
  } catch (const CLI::CallForVersion&) {
    return WriteOutput(name, name + " from glassheap " + kVersion + "\n").value_or(kExitOk);
  } catch (const CLI::ExtrasError&) {
    PrintError(name, UnexpectedWord(app));
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    PrintError(name, UsageError(error));
    return kExitUsage;
  }
}

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_CLI_ARGUMENTS_H_
