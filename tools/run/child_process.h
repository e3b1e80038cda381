// A command started as the shell would start it, so that it cannot tell that it
// is observed: same streams, same process group, same signal mask and
// dispositions.

#ifndef GLASSHEAP_TOOLS_RUN_CHILD_PROCESS_H_
#define GLASSHEAP_TOOLS_RUN_CHILD_PROCESS_H_

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/read/result.h"

namespace glassheap::tools {

struct ChildSpec {
  std::vector<std::string> command;                                // program and arguments; not empty
  std::vector<std::pair<std::string, std::string>> set_variables;  // on top of our environment
  // For a command that is measured: descriptors for its stdin, stdout and stderr instead of ours, and a process group of
  // its own, which ends with us.
  std::optional<std::array<int, 3>> streams = {};
  bool own_group = false;
};

// How it ended.
struct ChildEnd {
  int wait_status;  // of wait4
  rusage usage;     // of it and of those of its children that it waited for
};

class ChildProcess {
 public:
  // Returns once the command runs, or says why it cannot (errno_value is
  // exec's). Restores for the command what a SignalRelay has changed.
  static Result<ChildProcess> Start(const ChildSpec& spec, const class SignalRelay& signals);

  // Nothing while it runs. Never blocks.
  std::optional<ChildEnd> TryWait();

  pid_t pid() const { return pid_; }

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;
};

// Takes the signals that ask a process to do something away from us while a
// command runs, to hand them on. One at a time; while it lives, those signals
// and SIGCHLD arrive at fd().
class SignalRelay {
 public:
  SignalRelay();
  ~SignalRelay();
  SignalRelay(const SignalRelay&) = delete;
  SignalRelay& operator=(const SignalRelay&) = delete;

  int fd() const { return fd_; }

  // Handles what has arrived: signals that were sent to us alone go to the
  // child. Those of the terminal are not sent again: it has them as a member of
  // our process group. Nor are its own.
  void Relay(pid_t child);

  // For a command in a group of its own, which the terminal's signals do not reach: the first that has arrived and asks
  // us to stop (HUP, INT, QUIT, TERM). Others are dropped.
  std::optional<int> TakeStop();

  // In the child, before exec.
  void RestoreInChild() const;

 private:
  int fd_ = -1;
  sigset_t old_mask_;
  struct sigaction old_child_action_;
};

// Ends this process by the signal, as the command ended: a shell then sees the
// same. Without a core file of its own.
[[noreturn]] void DieBySignal(int signal);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_CHILD_PROCESS_H_
