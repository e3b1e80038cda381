// memstat run: a command under glassheap, its report when it has ended, its
// exit status as ours.
//
// Tested by tests/tools/memstat_run_test.cc.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/read/allocator_library.h"
#include "tools/run/run_command.h"
#include "tools/view/json.h"
#include "tools/view/run_text.h"

namespace glassheap::tools {
namespace {

constexpr int kExitNotExecutable = 126;  // as shells have them
constexpr int kExitNotFound = 127;

struct RunOptions {
  std::string report_file;  // empty: stderr
  std::string allocator;    // empty: glassheap
  bool json = false;
  bool hardened = false;
};

// "/dev/stdout" names a file that is open already. Opening it anew would start at its beginning and write over what
// the command has printed.
std::optional<int> OpenAlready(const std::string& path) {
  if (path.empty() || path == "/dev/stderr") return STDERR_FILENO;
  if (path == "/dev/stdout") return STDOUT_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int fd = -1;
    const char* end = path.data() + path.size();
    const auto [rest, error] = std::from_chars(path.data() + folder.size(), end, fd);
    if (error == std::errc() && rest == end) return fd;
  }
  return std::nullopt;
}

// Opened before the command runs: a wrong name must not cost an hour's run. What the file holds stays there until the
// report is written.
Result<FileDescriptor> OpenReport(const std::string& path) {
  if (const std::optional<int> fd = OpenAlready(path)) return FileDescriptor(::fcntl(*fd, F_DUPFD_CLOEXEC, 3));
  FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666));
  if (fd.valid()) return fd;
  return Error{"--report " + path, std::string(std::strerror(errno)) + "; give a file in a directory you may write to",
               errno};
}

// The report takes the file's place: a longer one of before must not show behind it.
void CutReportFile(int fd, const std::string& path) {
  struct stat status;
  if (!OpenAlready(path) && ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) (void)!::ftruncate(fd, 0);
}

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
  const Result<FileDescriptor> out = OpenReport(options.report_file);
  if (!out) return Failed(kMemstat, out.error());

  SignalRelay signals;
  const Result<RunReport> report = RunCommand({command, allocator->library, allocator->name}, signals);
  if (!report) return FailToStart(report.error());
  int written = kExitOk;
  if (out->valid()) {  // stderr may be closed: then nobody wants to read it
    CutReportFile(out->get(), options.report_file);
    written = WriteOutput(kMemstat, options.json ? RunJson(*report) : RunText(*report), out->get()).value_or(kExitOk);
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
