// memstat run: a command under glassheap, its report when it has ended, its
// exit status as ours.
//
// Tested by tests/tools/memstat_run_test.cc.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/read/preload_library.h"
#include "tools/run/run_command.h"
#include "tools/view/json.h"
#include "tools/view/run_text.h"

namespace glassheap::tools {
namespace {

constexpr int kExitNotExecutable = 126;  // as shells have them
constexpr int kExitNotFound = 127;

struct RunOptions {
  std::string report_file;  // empty: stderr
  bool json = false;
};

// Opened before the command runs: a wrong name must not cost an hour's run.
Result<FileDescriptor> OpenReport(const std::string& path) {
  if (path.empty()) return FileDescriptor(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO));
  FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
  if (!fd.valid()) return Error::FromErrno(path, errno);
  return fd;
}

int FailToStart(const Error& error) {
  if (error.errno_value == ENOENT) {
    return Failed(kMemstat,
                  Error{error.what,
                        "command not found; check its name, PATH, and a script's "
                        "interpreter"},
                  kExitNotFound);
  }
  return Failed(kMemstat, error, error.errno_value == 0 ? kExitFailure : kExitNotExecutable);
}

int RunAndReport(const std::vector<std::string>& command, const RunOptions& options) {
  if (command.empty()) {
    return Misused(kMemstat, {"run", "no command; use memstat run [OPTIONS] -- COMMAND [ARGUMENTS...]"});
  }
  const Result<std::string> library = FindPreloadLibrary(PreloadSearch::FromProcess());
  if (!library) return Failed(kMemstat, library.error());
  const Result<FileDescriptor> out = OpenReport(options.report_file);
  if (!out) return Failed(kMemstat, out.error());

  SignalRelay signals;
  const Result<RunReport> report = RunCommand({command, *library}, signals);
  if (!report) return FailToStart(report.error());
  if (out->valid()) {  // stderr may be closed: then nobody wants to read it
    (void)WriteOutput(kMemstat, options.json ? RunJson(*report) : RunText(*report), out->get());
  }
  if (report->term_signal) DieBySignal(*report->term_signal);
  return report->exit_status.value_or(kExitFailure);
}

}  // namespace

CommandAction SetUpRun(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  app.add_option("--report", options->report_file, "write the report to FILE instead of stderr")->type_name("FILE");
  app.add_flag("-J,--json", options->json, "make the report JSON, in bytes");
  return [options](const CommandInput& input) { return RunAndReport(input.words, *options); };
}

}  // namespace glassheap::tools
