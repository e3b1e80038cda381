// memstat run: a command under glassheap, its report when it has ended, its
// exit status as ours.
//
// Tested by tests/tools/memstat_run_test.cc.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

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

int Fail(const Error& error, int exit_code) {
  PrintError(kMemstat, error);
  return exit_code;
}

// Opened before the command runs: a wrong name must not cost an hour's run.
Result<FileDescriptor> OpenReport(const std::optional<std::string>& path) {
  if (!path) return FileDescriptor(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO));
  FileDescriptor fd(::open(path->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
  if (!fd.valid()) return Error::FromErrno(*path, errno);
  return fd;
}

int FailToStart(const Error& error) {
  if (error.errno_value == ENOENT) {
    return Fail(Error{error.what,
                      "command not found; check its name, PATH, and a script's "
                      "interpreter"},
                kExitNotFound);
  }
  return Fail(error, error.errno_value == 0 ? kExitFailure : kExitNotExecutable);
}

}  // namespace

int RunCommandAndReport(const RunOptions& options) {
  const Result<std::string> library = FindPreloadLibrary(PreloadSearch::FromProcess());
  if (!library) return Fail(library.error(), kExitFailure);
  const Result<FileDescriptor> out = OpenReport(options.report_file);
  if (!out) return Fail(out.error(), kExitFailure);

  SignalRelay signals;
  const Result<RunReport> report = RunCommand({options.command, *library}, signals);
  if (!report) return FailToStart(report.error());
  if (out->valid()) {  // stderr may be closed: then nobody wants to read it
    (void)WriteOutput(kMemstat, options.json ? RunJson(*report) : RunText(*report), out->get());
  }
  if (report->term_signal) DieBySignal(*report->term_signal);
  return report->exit_status.value_or(kExitFailure);
}

}  // namespace glassheap::tools
