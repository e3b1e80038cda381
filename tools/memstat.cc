// memstat: what the machine's memory is used for, and what a heap is made of.
// Flags, one sample, one table, out.
//
// Tested by tests/tools/memstat_test.cc.

#include <charconv>
#include <cstdlib>
#include <string>
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

// One row per unit option of free.
constexpr struct {
  const char* names;
  const char* help;
  int exponent;
  UnitSystem system;
} kUnits[] = {
    {"-b,--bytes", "show output in bytes", 0, UnitSystem::kBinary},
    {"--kilo", "show output in kilobytes", 1, UnitSystem::kDecimal},
    {"--mega", "show output in megabytes", 2, UnitSystem::kDecimal},
    {"--giga", "show output in gigabytes", 3, UnitSystem::kDecimal},
    {"--tera", "show output in terabytes", 4, UnitSystem::kDecimal},
    {"--peta", "show output in petabytes", 5, UnitSystem::kDecimal},
    {"-k,--kibi", "show output in kibibytes (default)", 1, UnitSystem::kBinary},
    {"-m,--mebi", "show output in mebibytes", 2, UnitSystem::kBinary},
    {"-g,--gibi", "show output in gibibytes", 3, UnitSystem::kBinary},
    {"--tebi", "show output in tebibytes", 4, UnitSystem::kBinary},
    {"--pebi", "show output in pebibytes", 5, UnitSystem::kBinary},
};
constexpr size_t kUnitCount = sizeof kUnits / sizeof kUnits[0];

// As typed.
struct Typed {
  bool units[kUnitCount] = {};
  bool si = false;
  std::string seconds;
  std::string count;
  std::string root;
  std::string color = "auto";
  std::string report_file;
  SystemOptions system;
  HeapOptions heap;
  RunOptions run;
};

void AddSystemOptions(CLI::App& app, Typed& typed) {
  for (size_t i = 0; i < kUnitCount; ++i) app.add_flag(kUnits[i].names, typed.units[i], kUnits[i].help);
  app.add_flag("-h,--human", typed.system.format.human, "show human-readable output");
  app.add_flag("--si", typed.si, "use powers of 1000 not 1024");
  app.add_flag("-l,--lohi", typed.system.format.low_high, "show low and high memory");
  app.add_flag("-t,--total", typed.system.format.total, "show the total of RAM and swap");
  app.add_flag("-v,--committed", typed.system.format.committed, "show committed memory and its limit");
  app.add_flag("-w,--wide", typed.system.format.wide, "show buffers and cache apart");
  app.add_option("-s,--seconds", typed.seconds, "repeat every N seconds")->type_name("N");
  app.add_option("-c,--count", typed.count, "repeat N times, then exit")->type_name("N");
  app.add_flag("-J,--json", typed.system.json, "print JSON, in bytes");
  app.add_option("--root", typed.root, "read DIR/proc instead of /proc")->type_name("DIR");
  app.add_option("--color", typed.color, "auto, always or never")->type_name("WHEN");
}

void AddHeapCommand(CLI::App& app, Typed& typed) {
  CLI::App* heap = app.add_subcommand("heap", "one process under glassheap: its heap, tier by tier");
  heap->add_option("PID|NAME", typed.heap.target, "the process")->required()->type_name("");
  heap->add_flag("--classes", typed.heap.classes, "and its size classes");
  heap->add_flag("--threads", typed.heap.threads, "and its threads");
  heap->add_flag("-J,--json", typed.heap.json, "print JSON, in bytes");
}

void AddRunCommand(CLI::App& app, Typed& typed) {
  CLI::App* run = app.add_subcommand("run", "run a command under glassheap; report on stderr when it ends");
  run->footer("COMMAND follows after --, with its arguments.");
  run->add_option("--report", typed.report_file, "write the report to FILE instead of stderr")->type_name("FILE");
  run->add_flag("-J,--json", typed.run.json, "make the report JSON, in bytes");
}

// `memstat run` ends where its command begins: at "--", or at the first word
// that is no option of ours. What follows is the command's business and is
// never looked at.
std::vector<std::string> SplitCommand(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] != "run") return {};
  size_t end = 1;
  while (end < arguments.size() && arguments[end].size() > 1 && arguments[end][0] == '-' && arguments[end] != "--") {
    end += arguments[end] == "--report" ? 2 : 1;
  }
  end = std::min(end, arguments.size());
  const auto tail = arguments.begin() + static_cast<ptrdiff_t>(end);
  std::vector<std::string> command(tail, arguments.end());
  arguments.erase(tail, arguments.end());
  if (!command.empty() && command[0] == "--") command.erase(command.begin());
  return command;
}

std::optional<Error> ResolveUnits(Typed& typed) {
  FreeFormat& format = typed.system.format;
  int chosen = 0;
  for (size_t i = 0; i < kUnitCount; ++i) {
    if (!typed.units[i]) continue;
    ++chosen;
    format.exponent = kUnits[i].exponent;
    format.system = kUnits[i].system;
  }
  if (chosen > 1) return Error{"options", "multiple unit options don't make sense"};
  if (typed.si) format.system = UnitSystem::kDecimal;
  return std::nullopt;
}

// "0.5" and "0,5" alike, in every locale.
std::optional<double> ParseSeconds(std::string text) {
  if (const size_t comma = text.find(','); comma != std::string::npos) text[comma] = '.';
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds > 0 && seconds < 1e9 ? std::optional(seconds) : std::nullopt;
}

std::optional<long> ParseCount(const std::string& text) {
  long count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1) return std::nullopt;
  return count;
}

std::optional<Error> ResolveRepetition(const CLI::App& app, Typed& typed) {
  if (app.count("--seconds") > 0 && !(typed.system.seconds = ParseSeconds(typed.seconds))) {
    return Error{"--seconds " + typed.seconds, "not a positive number of seconds"};
  }
  if (app.count("--count") > 0 && !(typed.system.count = ParseCount(typed.count))) {
    return Error{"--count " + typed.count, "not a positive whole number"};
  }
  return std::nullopt;
}

std::optional<Error> Resolve(const CLI::App& app, Typed& typed) {
  if (!ParseColorMode(typed.color)) return Error{"--color " + typed.color, "it is auto, always or never"};
  if (app.got_subcommand("run") && typed.run.command.empty()) {
    return Error{"run", "no command; use memstat run [OPTIONS] -- COMMAND [ARGUMENTS...]"};
  }
  if (!typed.report_file.empty()) typed.run.report_file = typed.report_file;
  if (std::optional<Error> error = ResolveUnits(typed)) return error;
  return ResolveRepetition(app, typed);
}

int Dispatch(const CLI::App& app, const Typed& typed) {
  const Root root = typed.root.empty() ? Root::FromEnvironment() : Root(typed.root);
  if (app.got_subcommand("heap")) return HeapCommand(root, typed.heap);
  if (app.got_subcommand("run")) return RunCommandAndReport(typed.run);
  return SystemCommand(root, typed.system);
}

int Main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  Typed typed;
  typed.run.command = SplitCommand(arguments);
  CLI::App app(kAbout);
  SetUpArguments(app, kMemstat);
  AddSystemOptions(app, typed);
  AddRunCommand(app, typed);
  AddHeapCommand(app, typed);
  app.require_subcommand(0, 1);
  if (const std::optional<int> stop = ParseArguments(app, kMemstat, std::move(arguments))) return *stop;
  if (const std::optional<Error> error = Resolve(app, typed)) {
    PrintError(kMemstat, *error);
    return kExitUsage;
  }
  return Dispatch(app, typed);
}

}  // namespace
}  // namespace glassheap::tools

int main(int argc, char** argv) {
  using namespace glassheap::tools;
  return RunProgram(kMemstat, [&] { return Main(argc, argv); });
}
