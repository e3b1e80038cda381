// Tested by tests/tools/read/oom_adjustment_test.cc.

#include "tools/read/oom_adjustment.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "tools/read/process_stat.h"

namespace glassheap::tools {
namespace {

constexpr char kFile[] = "oom_score_adj";

std::string Name(pid_t pid) { return "pid " + std::to_string(pid); }

FileDescriptor OpenPidfd(pid_t pid) { return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

// The process is there (the pidfd says so) and /proc does not show it, or there is no pidfd to say so.
Error NotShown(pid_t pid, bool exists, int errno_value) {
  if (exists && errno_value == ENOENT) {
    return Error{Name(pid), "hidden: /proc is mounted with hidepid; run as its user or as root", errno_value};
  }
  if (errno_value == ENOENT || errno_value == ESRCH) return Error{Name(pid), "no such process", errno_value};
  return Error::FromErrno(Name(pid), errno_value);
}

}  // namespace

Result<OomAdjustment> OomAdjustment::Open(const Root& root, Users& users, pid_t pid,
                                          std::optional<uint64_t> start_ticks) {
  FileDescriptor pidfd;
  if (root.is_machine()) {
    pidfd = OpenPidfd(pid);
    if (!pidfd.valid() && errno == ESRCH) return Error{Name(pid), "no such process", ESRCH};
    if (!pidfd.valid() && (errno == EINVAL || errno == ENOENT)) {
      return Error{Name(pid), "a thread; name the process it belongs to (Tgid in /proc/PID/status)", errno};
    }
  }
  Result<Directory> directory = root.OpenDirectory("proc/" + std::to_string(pid));
  if (!directory) return NotShown(pid, pidfd.valid(), directory.error().errno_value);
  OomAdjustment adjustment(pid, std::move(pidfd), *std::move(directory));
  if (start_ticks) {
    if (auto error = adjustment.CompareStart(*start_ticks)) return *std::move(error);
  }
  if (auto error = adjustment.Identify(users)) return *std::move(error);
  return adjustment;
}

std::optional<Error> OomAdjustment::Identify(Users& users) {
  const Result<std::string> text = directory_.ReadFile("status");
  if (!text) return NotShown(pid_, pidfd_.valid() && !HasEnded(), text.error().errno_value);
  auto status = ParseProcessStatus(*text);
  if (!status) return Gone();
  if (status->state == 'Z') return Error{Name(pid_), "has ended and waits for its parent (a zombie)"};
  if (HasEnded()) return Gone();
  status_ = *std::move(status);
  owner_ = status_.uid ? users.Name(*status_.uid) : "";
  if (status_.kernel_thread) return Error{Name(pid_), "a kernel thread: the kernel never kills it"};
  if (pid_ == 1 && directory_.ReadFile("oom_score").optional().value_or("0") == "0\n") {
    return Error{Name(pid_), "init: the kernel never kills it, whatever its adjustment"};
  }
  return std::nullopt;
}

std::optional<Error> OomAdjustment::CompareStart(uint64_t start_ticks) const {
  const Result<std::string> text = directory_.ReadFile("stat");
  const auto stat = text ? ParseProcessStat(*text) : std::nullopt;
  if (!stat) return Gone();
  if (stat->start_ticks == start_ticks) return std::nullopt;
  return Error{Name(pid_), "another process has this pid by now; the one that was found has ended", ESRCH};
}

bool OomAdjustment::HasEnded() const {
  if (!pidfd_.valid()) return false;
  pollfd ended{pidfd_.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 1;
}

Error OomAdjustment::Gone() const { return Error{Name(pid_), "has ended meanwhile", ESRCH}; }

Result<int> OomAdjustment::Read() const {
  const Result<std::string> text = directory_.ReadFile(kFile);
  if (!text) return text.error().errno_value == ESRCH ? Gone() : Error::FromErrno(Name(pid_), text.error().errno_value);
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{}) return Error{directory_.PathOf(kFile), "not a number"};
  return value;
}

Result<int> OomAdjustment::Write(int score_adj) const {
  const Result<FileDescriptor> file = directory_.Open(kFile, O_WRONLY);
  if (!file) return OpenRefused(file.error().errno_value);
  if (HasEnded()) return Gone();
  const std::string text = std::to_string(score_adj) + "\n";
  if (::write(file->get(), text.data(), text.size()) < 0) return WriteRefused(score_adj, errno);
  return Read();
}

Error OomAdjustment::OpenRefused(int errno_value) const {
  if (errno_value == ESRCH || errno_value == ENOENT) return Gone();
  if (errno_value == EROFS) return Error{Name(pid_), "/proc is mounted read-only here", errno_value};
  if (errno_value != EACCES && errno_value != EPERM) return Error::FromErrno(Name(pid_), errno_value);
  const std::string as_owner = owner_ == "root" ? "" : "as " + owner_ + " or ";
  return Error{Name(pid_), "permission denied: it belongs to user " + owner_ + "; run " + as_owner + "as root",
               errno_value};
}

Error OomAdjustment::WriteRefused(int score_adj, int errno_value) const {
  if (errno_value == ESRCH) return Gone();
  if (errno_value != EACCES && errno_value != EPERM) return Error::FromErrno(Name(pid_), errno_value);
  const std::string from = Read() ? " from " + std::to_string(*Read()) : "";
  return Error{Name(pid_),
               "permission denied: cannot lower oom_score_adj" + from + " to " + std::to_string(score_adj) +
                   ", below its floor (the last value set with "
                   "CAP_SYS_RESOURCE); that needs CAP_SYS_RESOURCE",
               errno_value};
}

Result<int> SetOwnOomAdjustment(const Root& root, Users& users, int score_adj) {
  const Result<OomAdjustment> own = OomAdjustment::Open(root, users, ::getpid());
  if (!own) return own.error();
  return own->Write(score_adj);
}

}  // namespace glassheap::tools
