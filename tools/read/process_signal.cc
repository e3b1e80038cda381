// Tested by tests/tools/read/process_signal_test.cc.

#include "tools/read/process_signal.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tools/read/file_descriptor.h"

namespace glassheap::tools {
namespace {

Error Refused(pid_t pid, int errno_value) {
  const std::string what = "pid " + std::to_string(pid);
  if (errno_value == ESRCH) return Error{what, "has ended meanwhile", ESRCH};
  if (errno_value == EPERM) return Error{what, "permission denied: run as its user or as root", EPERM};
  return Error::FromErrno(what, errno_value);
}

}  // namespace

std::optional<Error> SendSignal(pid_t pid, int signal, const std::function<bool()>& is_still_there) {
  const FileDescriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const bool no_pidfds = !pidfd.valid() && errno == ENOSYS;  // before Linux 5.3
  if (!pidfd.valid() && !no_pidfds) return Refused(pid, errno);
  if (!is_still_there()) return Refused(pid, ESRCH);
  const long result =
      no_pidfds ? ::kill(pid, signal) : ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
  if (result != 0) return Refused(pid, errno);
  return std::nullopt;
}

}  // namespace glassheap::tools
