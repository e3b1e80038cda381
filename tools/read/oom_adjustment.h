// /proc/PID/oom_score_adj of one process, held so that it cannot turn into another's.
//
// Invariants:
//   (1) The pidfd is taken first and /proc/PID opened after it; the pidfd is asked again afterwards. So both are the same
//       process, and what is read or written through the directory is its own, whatever becomes of the pid.
//   (2) Only oom_score_adj is ever written. The legacy oom_adj refuses to go below the present value where oom_score_adj
//       only refuses to go below the floor, and it leaves a line in the kernel's log.
//
// Errors name the pid, and say what would help.

#ifndef GLASSHEAP_TOOLS_READ_OOM_ADJUSTMENT_H_
#define GLASSHEAP_TOOLS_READ_OOM_ADJUSTMENT_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "tools/read/file_descriptor.h"
#include "tools/read/process_status.h"
#include "tools/read/root.h"
#include "tools/read/users.h"

namespace glassheap::tools {

class OomAdjustment {
 public:
  // Refuses what the kernel never kills (init, kernel threads) and what has ended: setting them would mean nothing.
  // start_ticks: of the process that was chosen, when it was found by something else than its pid; another that has
  // the pid by now is refused.
  static Result<OomAdjustment> Open(const Root& root, Users& users, pid_t pid,
                                    std::optional<uint64_t> start_ticks = std::nullopt);

  Result<int> Read() const;

  // Returns what the kernel kept.
  Result<int> Write(int score_adj) const;

  const std::string& name() const { return status_.name; }

 private:
  OomAdjustment(pid_t pid, FileDescriptor pidfd, Directory directory)
      : pid_(pid), pidfd_(std::move(pidfd)), directory_(std::move(directory)) {}

  std::optional<Error> Identify(Users& users);
  std::optional<Error> CompareStart(uint64_t start_ticks) const;
  bool HasEnded() const;
  Error Gone() const;
  Error WriteRefused(int score_adj, int errno_value) const;
  Error OpenRefused(int errno_value) const;

  pid_t pid_;
  FileDescriptor pidfd_;  // none in a captured tree, and before Linux 5.3
  Directory directory_;   // /proc/PID
  ProcessStatus status_;
  std::string owner_;  // name of its user
};

// Sets this process' own adjustment, for a command about to be executed.
Result<int> SetOwnOomAdjustment(const Root& root, Users& users, int score_adj);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_OOM_ADJUSTMENT_H_
