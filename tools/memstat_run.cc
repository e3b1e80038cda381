// memstat run: a command under glassheap, its report when it has ended, its
// exit status as ours.
//
// Tested by tests/tools/memstat_run_test.cc.

#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/cli/report_file.h"
#include "tools/memstat_commands.h"
#include "tools/read/allocator_library.h"
#include "tools/run/run_command.h"
#include "tools/view/json.h"
#include "tools/view/run_text.h"

namespace glassheap::tools {
namespace {

struct RunOptions {
  std::string report_file;  // empty: stderr
  std::string allocator;    // empty: glassheap
  bool json = false;
  bool hardened = false;
};

int FailToStart(const Error& error) {
  if (error.errno_value == ENOENT) {
    return Failed(kMemstat,
                  Error{error.what,
                        "command not found; check its name, PATH, and a script's "
                        "interpreter"},
                  kExitNotFound);
  }
  if (error.errno_value == EACCES) {
    return Failed(kMemstat,
                  {error.what, "permission denied: what is run must be a file, with its x bit set (chmod +x)"},
                  kExitNotExecutable);
  }
  return Failed(kMemstat, error, error.errno_value == 0 ? kExitFailure : kExitNotExecutable);
}

// What is wrong with the command line, if anything.
std::optional<Error> CheckOptions(const std::vector<std::string>& command, const RunOptions& options) {
  if (command.empty()) return Error{"run", "no command; use memstat run [OPTIONS] -- COMMAND [ARGUMENTS...]"};
  const std::string& name = options.allocator;
  if (options.hardened && !name.empty() && name != kGlassheap && name != kHardened) {
    return Error{"--hardened --allocator " + name, "two allocators; a program runs under one"};
  }
  return std::nullopt;
}

Result<Allocator> ChooseAllocator(const RunOptions& options) {
  const std::string& name = options.allocator;
  const bool ours = name.empty() || name == kGlassheap;
  const bool hardened = ours && (options.hardened || HardenedWanted());
  return FindAllocator(hardened ? kHardened : ours ? kGlassheap : name, AllocatorSearch::FromProcess());
}

int RunAndReport(const std::vector<std::string>& command, const RunOptions& options) {
  if (const std::optional<Error> error = CheckOptions(command, options)) return Misused(kMemstat, *error);
  const Result<Allocator> allocator = ChooseAllocator(options);
  // A name that was given is the caller's mistake, as compare has it.
  if (!allocator)
    return options.allocator.empty() ? Failed(kMemstat, allocator.error()) : Misused(kMemstat, allocator.error());
  const Result<ReportFile> file = ReportFile::Open(options.report_file);
  if (!file) return Failed(kMemstat, file.error());

  SignalRelay signals;
  const Result<RunReport> report = RunCommand({command, allocator->library, allocator->name}, signals);
  if (!report) return FailToStart(report.error());
  int written = kExitOk;
  if (const int out = file->Begin(); out >= 0) {
    written = WriteOutput(kMemstat, options.json ? RunJson(*report) : RunText(*report), out).value_or(kExitOk);
  }
  if (report->term_signal) DieBySignal(*report->term_signal);
  // A report that could not be written is a failure of ours, told where the command had none to tell.
  const int exit_status = report->exit_status.value_or(kExitFailure);
  return exit_status == kExitOk ? written : exit_status;
}

}  // namespace

ToolAction SetUpRun(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  app.add_option("--allocator", options->allocator,
                 "instead of glassheap: hardened, block, glibc, jemalloc, tcmalloc, mimalloc or NAME=/path.so")
      ->type_name("NAME");
  app.add_option("--report", options->report_file, "write the report to FILE instead of stderr")->type_name("FILE");
  app.add_flag("-J,--json", options->json, "make the report JSON, in bytes");
  app.add_flag("--hardened", options->hardened,
               "under the hardened library, which stops misuse of memory at once (also: GLASSHEAP_HARDENED=1)");
  return [options](const ToolInput& input) { return RunAndReport(input.words, *options); };
}

}  // namespace glassheap::tools
