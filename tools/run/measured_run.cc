// Tested by tests/tools/run/measured_run_test.cc.

#include "tools/run/measured_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>

#include "tools/read/file_descriptor.h"
#include "tools/read/root.h"

namespace glassheap::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPipeBytes = 1 << 20;                  // fewer stops of the command while we read
constexpr auto kKillTime = std::chrono::seconds(2);  // for what it left behind; a process in state D may take longer

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// The reading end of a stream of the command.
class OutputPipe {
 public:
  // The command's end, or -1.
  int Open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
    in_ = FileDescriptor(ends[0]);
    out_ = FileDescriptor(ends[1]);
    ::fcntl(in_.get(), F_SETPIPE_SZ, kPipeBytes);
    ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
    return out_.get();
  }
  void CloseCommandEnd() { out_.Close(); }

  // Takes what is there; closes at the end.
  void Drain() {
    char buffer[1 << 16];
    while (in_.valid()) {
      const ssize_t got = ::read(in_.get(), buffer, sizeof buffer);
      if (got > 0) {
        Take({buffer, static_cast<size_t>(got)});
      } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        in_.Close();
      } else if (errno == EAGAIN) {
        return;
      }
    }
  }

  int fd() const { return in_.get(); }  // -1: closed, which poll skips
  uint64_t hash() const { return hash_; }
  uint64_t bytes() const { return bytes_; }
  std::string TakeEnd() {
    if (kept_.size() > kKeptOutput) kept_.erase(0, kept_.size() - kKeptOutput);
    return std::move(kept_);
  }

 private:
  void Take(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
    bytes_ += text.size();
    kept_.append(text);
    if (kept_.size() > 2 * kKeptOutput) kept_.erase(0, kept_.size() - kKeptOutput);
  }

  FileDescriptor in_, out_;
  uint64_t hash_ = 0xcbf29ce484222325u;
  uint64_t bytes_ = 0;
  std::string kept_;
};

// Our children, those that we adopted among them.
std::vector<pid_t> OurChildren() {
  std::vector<pid_t> pids;
  const Result<std::string> text = Root("/").ReadFile("proc/thread-self/children");
  if (!text) return pids;
  const char* at = text->data();
  const char* const end = at + text->size();
  while (at < end) {
    pid_t pid = 0;
    const auto [after, error] = std::from_chars(at, end, pid);
    if (error != std::errc()) break;
    if (pid > 0) pids.push_back(pid);
    at = after + 1;
  }
  return pids;
}

// Ends every process that the command left: first its group, then, one generation after the other, whoever had made
// itself a group of its own and came to us when its parent died.
void KillLeftovers(pid_t group) {
  ::kill(-group, SIGKILL);
  const auto until = Clock::now() + kKillTime;
  while (Clock::now() < until) {
    pid_t got;
    while ((got = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (got < 0 && errno == ECHILD) return;
    for (const pid_t child : OurChildren()) ::kill(child, SIGKILL);
    const timespec pause = {0, 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

std::string PreloadValue(const std::string& library) {
  const char* inherited = ::getenv("LD_PRELOAD");
  return inherited != nullptr && *inherited != '\0' ? library + ":" + inherited : library;
}

int MillisecondsUntil(std::optional<Clock::time_point> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

// What is observed while the command runs.
struct Observation {
  ChildProcess& child;
  SignalRelay& signals;
  OutputPipe& out;
  OutputPipe& err;
  std::optional<Clock::time_point> deadline;
};

// Until the command has ended. The first to ask, a signal or the deadline, has it killed.
ChildEnd Observe(Observation observed, MeasuredRun& run) {
  for (;;) {
    if (const std::optional<ChildEnd> end = observed.child.TryWait()) return *end;
    pollfd sources[] = {
        {observed.signals.fd(), POLLIN, 0}, {observed.out.fd(), POLLIN, 0}, {observed.err.fd(), POLLIN, 0}};
    ::poll(sources, 3, MillisecondsUntil(observed.deadline));
    observed.out.Drain();
    observed.err.Drain();
    const std::optional<int> stop = observed.signals.TakeStop();
    const bool late = observed.deadline && Clock::now() >= *observed.deadline;
    if (stop && !run.stopped_by) run.stopped_by = stop;
    if (!stop && !late) continue;
    if (late) run.timed_out = true;
    ::kill(-observed.child.pid(), SIGKILL);
    observed.deadline.reset();
  }
}

void Describe(const ChildEnd& end, double wall, MeasuredRun& run) {
  run.wait_status = end.wait_status;
  run.figures.wall_seconds = wall;
  run.figures.user_seconds = SecondsOf(end.usage.ru_utime);
  run.figures.system_seconds = SecondsOf(end.usage.ru_stime);
  run.figures.max_rss = static_cast<double>(end.usage.ru_maxrss) * 1024;
  run.figures.minor_faults = static_cast<double>(end.usage.ru_minflt);
  run.figures.major_faults = static_cast<double>(end.usage.ru_majflt);
  run.figures.context_switches = static_cast<double>(end.usage.ru_nvcsw + end.usage.ru_nivcsw);
}

}  // namespace

void AdoptOrphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

Result<MeasuredRun> RunMeasured(const MeasuredSpec& spec, SignalRelay& signals) {
  const FileDescriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  OutputPipe out, err;
  ChildSpec child_spec;
  child_spec.command = spec.command;
  if (!spec.library.empty()) child_spec.set_variables = {{"LD_PRELOAD", PreloadValue(spec.library)}};
  child_spec.own_group = true;
  child_spec.streams = {{nothing.get(), spec.take_output ? out.Open() : nothing.get(), err.Open()}};
  if (std::ranges::count(*child_spec.streams, -1) > 0) return Error::FromErrno("pipe", errno);

  MeasuredRun run;
  const Clock::time_point start = Clock::now();
  Result<ChildProcess> child = ChildProcess::Start(child_spec, signals);
  if (!child) return child.error();
  out.CloseCommandEnd();
  err.CloseCommandEnd();
  std::optional<Clock::time_point> deadline;
  if (spec.timeout) deadline = start + std::chrono::duration_cast<Clock::duration>(*spec.timeout);
  const ChildEnd end = Observe({*child, signals, out, err, deadline}, run);
  Describe(end, std::chrono::duration<double>(Clock::now() - start).count(), run);
  KillLeftovers(child->pid());
  out.Drain();
  err.Drain();
  run.output_hash = out.hash();
  run.output_bytes = out.bytes();
  run.output = out.TakeEnd();
  run.errors = err.TakeEnd();
  return run;
}

}  // namespace glassheap::tools
