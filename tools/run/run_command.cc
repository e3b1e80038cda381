// Tested by tests/tools/memstat_run_test.cc.

#include "tools/run/run_command.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <set>
#include <utility>

#include "tools/read/allocator_library.h"
#include "tools/read/notice_socket.h"
#include "tools/read/program_file.h"
#include "tools/read/region_reader.h"

namespace glassheap::tools {
namespace {

constexpr int kSampleMilliseconds = 50;  // a sample costs about 40 us: 0.1 % of a core

double SecondsOf(clockid_t clock) {
  timespec now;
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

// Our library first: it must be the one whose malloc is found.
std::string PreloadValue(const std::string& library) {
  const char* inherited = ::getenv("LD_PRELOAD");
  return inherited != nullptr && *inherited != '\0' ? library + ":" + inherited : library;
}

// Keeps the region of the command itself: of its newest image, as exec makes a
// new one. Counts the rest of its tree.
class RegionKeeper {
 public:
  explicit RegionKeeper(double start) : start_(start) {}

  void Take(NoticeSocket::Notice notice, pid_t command) {
    if (notice.pid != command) {
      others_.insert(notice.pid);
      return;
    }
    region_ = std::move(notice.region);
    peak_.Restart();
  }

  void Sample() {
    if (!region_.valid()) return;
    const Result<RegionImage> image = ReadRegion(region_.get());
    if (!image) return;
    const Result<Heap> heap = MakeHeap(*image);
    if (!heap) return;
    last_ = *heap;
    last_image_ = *image;
    last_seconds_ = SecondsOfRegion(*image, SecondsOf(CLOCK_BOOTTIME));
    Heap in_our_time = *heap;
    const double made = static_cast<double>(image->header().created_boottime_ns) * 1e-9;
    if (in_our_time.peak) in_our_time.peak->seconds += made - start_;
    peak_.Add(in_our_time, SecondsOf(CLOCK_BOOTTIME) - start_);
  }

  bool holds_region() const { return region_.valid(); }

  void Describe(RunReport& report) const {
    report.preloaded = region_.valid();
    report.heap = last_;
    if (last_) report.history = MakeHistory(*last_image_, *last_, last_seconds_);
    report.peak = peak_.peak();
    report.other_processes = others_.size();
  }

 private:
  double start_;  // of the command, by CLOCK_BOOTTIME as regions have it
  FileDescriptor region_;
  PeakKeeper peak_;
  std::optional<Heap> last_;
  std::optional<RegionImage> last_image_;  // set together with last_
  double last_seconds_ = 0;                // when it was read, on the region's clock
  std::set<pid_t> others_;
};

void DrainNotices(NoticeSocket& socket, pid_t command, RegionKeeper& keeper) {
  while (std::optional<NoticeSocket::Notice> notice = socket.Receive()) keeper.Take(*std::move(notice), command);
}

// Sleeps until a signal or a notice arrives, or the next sample is due.
void WaitForNews(const SignalRelay& signals, const NoticeSocket& socket, const RegionKeeper& keeper) {
  pollfd sources[] = {{signals.fd(), POLLIN, 0}, {socket.open() ? socket.fd() : -1, POLLIN, 0}};
  ::poll(sources, 2, keeper.holds_region() ? kSampleMilliseconds : -1);
}

ChildEnd Observe(ChildProcess& child, SignalRelay& signals, NoticeSocket& socket, RegionKeeper& keeper) {
  while (true) {
    WaitForNews(signals, socket, keeper);
    signals.Relay(child.pid());
    const std::optional<ChildEnd> end = child.TryWait();
    DrainNotices(socket, child.pid(),
                 keeper);  // after the wait: all it ever sent is there
    keeper.Sample();
    if (end) return *end;
  }
}

void DescribeEnd(const ChildEnd& end, RunReport& report) {
  if (WIFEXITED(end.wait_status)) report.exit_status = WEXITSTATUS(end.wait_status);
  if (WIFSIGNALED(end.wait_status)) report.term_signal = WTERMSIG(end.wait_status);
  report.user_seconds = SecondsOf(end.usage.ru_utime);
  report.system_seconds = SecondsOf(end.usage.ru_stime);
  report.max_rss = static_cast<uint64_t>(end.usage.ru_maxrss) * 1024;
  report.minor_faults = static_cast<uint64_t>(end.usage.ru_minflt);
  report.major_faults = static_cast<uint64_t>(end.usage.ru_majflt);
}

// Our own libraries make a region; where none came the program's file may tell why.
std::string WhyNoHeap(const RunSpec& spec) {
  const bool ours =
      std::ranges::any_of(kAllocators, [&](const AllocatorRow& row) { return row.ours && spec.allocator == row.name; });
  if (!ours) return "it ran under " + spec.allocator + ", which shows nothing of its heap";
  return WhyNotPreloaded(FindProgram(spec.command[0]).value_or(spec.command[0]));
}

}  // namespace

Result<RunReport> RunCommand(const RunSpec& spec, SignalRelay& signals) {
  Result<NoticeSocket> socket = NoticeSocket::Create();
  if (!socket) return socket.error();
  RegionKeeper keeper(SecondsOf(CLOCK_BOOTTIME));
  const double start = SecondsOf(CLOCK_MONOTONIC);
  ChildSpec child_spec;
  child_spec.command = spec.command;
  child_spec.set_variables = {{abi::kNotifyVariable, socket->EnvironmentValue()}};
  if (!spec.library.empty()) child_spec.set_variables.emplace_back("LD_PRELOAD", PreloadValue(spec.library));
  Result<ChildProcess> child = ChildProcess::Start(child_spec, signals);
  if (!child) return child.error();
  socket->CloseCommandEnd();
  const ChildEnd end = Observe(*child, signals, *socket, keeper);

  RunReport report;
  report.wall_seconds = SecondsOf(CLOCK_MONOTONIC) - start;
  report.command = Joined(spec.command);
  DescribeEnd(end, report);
  keeper.Describe(report);
  if (!report.preloaded) {
    report.not_preloaded_because = WhyNoHeap(spec);
  }
  return report;
}

}  // namespace glassheap::tools
