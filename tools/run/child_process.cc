// Tested by tests/tools/memstat_run_test.cc.

#include "tools/run/child_process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tools/read/file_descriptor.h"

namespace glassheap::tools {
namespace {

// What a process may be asked by a signal. Job control (TSTP, TTIN, TTOU, CONT)
// keeps its default: the terminal stops the whole process group, and us with
// it.
constexpr int kRelayed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

sigset_t RelayedSet() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kRelayed) ::sigaddset(&set, signal);
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) ::sigaddset(&set, signal);
  ::sigaddset(&set, SIGCHLD);
  ::sigaddset(&set, SIGPIPE);  // never relayed: a report to a broken pipe is no
                               // reason to leave the child alone
  return set;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Only what may be done between fork and exec in a process of one thread.
[[noreturn]] void ExecuteInChild(const std::vector<char*>& arguments, const ChildSpec& spec, const SignalRelay& signals,
                                 int error_pipe) {
  for (const auto& [name, value] : spec.set_variables) ::setenv(name.c_str(), value.c_str(), 1);
  if (spec.streams) {
    for (int stream = 0; stream < 3; ++stream) ::dup2((*spec.streams)[static_cast<size_t>(stream)], stream);
  }
  if (spec.own_group) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  }
  signals.RestoreInChild();
  ::execvp(arguments[0], arguments.data());
  const int error = errno;
  (void)!::write(error_pipe, &error, sizeof error);
  ::_exit(127);
}

// 0 when the pipe was closed by a successful exec.
int ReadExecError(int fd) {
  int error = 0;
  ssize_t got;
  do {
    got = ::read(fd, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? error : 0;
}

}  // namespace

Result<ChildProcess> ChildProcess::Start(const ChildSpec& spec, const SignalRelay& signals) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error::FromErrno("pipe", errno);
  const FileDescriptor in(ends[0]);
  FileDescriptor out(ends[1]);
  const std::vector<char*> arguments = Pointers(spec.command);
  const pid_t pid = ::fork();
  if (pid < 0) return Error::FromErrno("fork", errno);
  if (pid == 0) ExecuteInChild(arguments, spec, signals, out.get());
  out.Close();
  const int error = ReadExecError(in.get());
  if (error == 0) return ChildProcess(pid);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return Error::FromErrno(spec.command[0], error);
}

std::optional<ChildEnd> ChildProcess::TryWait() {
  ChildEnd end = {};
  pid_t got;
  do {
    got = ::wait4(pid_, &end.wait_status, WNOHANG, &end.usage);
  } while (got < 0 && errno == EINTR);
  return got == pid_ ? std::optional(end) : std::nullopt;
}

SignalRelay::SignalRelay() {
  struct sigaction notify = {};
  notify.sa_handler = SIG_DFL;  // SIG_IGN, which we may have inherited, would
                                // reap the child behind our back
  notify.sa_flags = SA_NOCLDSTOP;
  ::sigaction(SIGCHLD, &notify, &old_child_action_);
  const sigset_t set = RelayedSet();
  ::pthread_sigmask(SIG_BLOCK, &set, &old_mask_);
  fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

SignalRelay::~SignalRelay() {
  if (fd_ >= 0) ::close(fd_);
  ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
  ::sigaction(SIGCHLD, &old_child_action_, nullptr);
}

void SignalRelay::RestoreInChild() const {
  ::sigaction(SIGCHLD, &old_child_action_, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

void SignalRelay::Relay(pid_t child) {
  signalfd_siginfo info;
  while (::read(fd_, &info, sizeof info) == sizeof info) {
    const int signal = static_cast<int>(info.ssi_signo);
    const bool by_terminal = info.ssi_code == SI_KERNEL;
    const bool by_child = static_cast<pid_t>(info.ssi_pid) == child;
    if (signal == SIGCHLD || signal == SIGPIPE || by_terminal || by_child) continue;
    ::kill(child, signal);
  }
}

std::optional<int> SignalRelay::TakeStop() {
  std::optional<int> stop;
  signalfd_siginfo info;
  while (::read(fd_, &info, sizeof info) == sizeof info) {
    const int signal = static_cast<int>(info.ssi_signo);
    const bool asks = signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTERM;
    if (asks && !stop) stop = signal;
  }
  return stop;
}

void DieBySignal(int signal) {
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::signal(signal, SIG_DFL);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(signal);
  ::_exit(128 + signal);  // a signal that does not kill by default
}

}  // namespace glassheap::tools
