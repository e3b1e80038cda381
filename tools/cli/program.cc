// Tested by tests/tools/cli/program_test.cc.

#include "tools/cli/program.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <new>
#include <string>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

// While one lives, a write to a broken pipe fails with EPIPE instead of killing
// us. The process' own disposition of SIGPIPE is left alone: commands we run
// inherit it.
class BrokenPipeGuard {
 public:
  BrokenPipeGuard() {
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &old_mask_);
  }
  ~BrokenPipeGuard() {
    const timespec now = {0, 0};
    if (!was_pending_) ::sigtimedwait(&pipe_, nullptr, &now);
    ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
  }

 private:
  sigset_t pipe_;
  sigset_t old_mask_;
  bool was_pending_ = false;
};

}  // namespace

int WriteFully(int fd, std::string_view text) {
  const BrokenPipeGuard guard;
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

void PrintError(std::string_view name, const Error& error) {
  const std::string line = std::string(name) + ": " + SanitizeText(error.Text()) + "\n";
  WriteFully(STDERR_FILENO, line);
}

int Failed(std::string_view name, const Error& error, int exit_code) {
  PrintError(name, error);
  return exit_code;
}

int Misused(std::string_view name, const Error& error) { return Failed(name, error, kExitUsage); }

std::optional<int> WriteOutput(std::string_view name, std::string_view text, int fd) {
  const int error = WriteFully(fd, text);
  if (error == 0) return std::nullopt;
  if (error == EPIPE) return kExitOk;
  PrintError(name, Error::FromErrno("write error", error));
  return kExitFailure;
}

void ReserveStandardStreams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is fd. Stdin is filled write-only and the others
    // read-only: using them is EBADF, as before.
    const int direction = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    (void)::open("/dev/null", direction | O_CLOEXEC);
  }
}

int RunProgram(std::string_view name, const std::function<int()>& body) {
  ReserveStandardStreams();
  try {
    return body();
  } catch (const std::bad_alloc&) {
    PrintError(name, Error{"out of memory", "could not allocate what the output needs"});
  } catch (const std::exception& exception) {
    PrintError(name, Error{"internal error", exception.what()});
  }
  return kExitFailure;
}

}  // namespace glassheap::tools
