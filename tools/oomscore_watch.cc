// oomscore watch: a line for each OOM kill as it happens.
//
// Tested by tests/tools/oomscore_watch_test.cc.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/oomscore_commands.h"
#include "tools/run/oom_watch.h"
#include "tools/view/oom_event.h"

namespace glassheap::tools {
namespace {

struct WatchOptions {
  std::string interval = "1";
  std::string count;
  std::string command;
  bool past = false;
  bool no_log = false;
  bool json = false;
};

constexpr int kExitExecFailed = 127;

std::string LineOf(const OomEvent& event, bool json) { return json ? OomEventJsonLine(event) : OomEventText(event); }

void SetVariable(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }

// In the child. The event stands on its stdin as JSON; what a shell wants at hand is in the environment.
[[noreturn]] void BecomeCommand(const std::string& command, const OomEvent& event, int input) {
  ::dup2(input, STDIN_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  SetVariable("OOM_PID", event.kill.pid ? std::to_string(*event.kill.pid) : "");
  SetVariable("OOM_COMMAND", event.kill.name);
  SetVariable("OOM_USER", event.user);
  SetVariable("OOM_CGROUP", event.kill.cgroup.value_or(""));
  SetVariable("OOM_LIMIT", event.kill.limit ? std::to_string(*event.kill.limit) : "");
  ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  ::_exit(kExitExecFailed);
}

// Starts the user's command for an event; it is not waited for.
void StartCommand(const std::string& command, const OomEvent& event) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return PrintError(kOomscore, Error::FromErrno("--exec", errno));
  const FileDescriptor output(ends[0]), input(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return PrintError(kOomscore, Error::FromErrno("--exec", errno));
  if (child == 0) BecomeCommand(command, event, output.get());
  // A line is far below the 64 KiB that a pipe takes without a reader.
  (void)WriteOutput(kOomscore, OomEventJsonLine(event), input.get());
}

void ReapCommands(int flags) {
  while (::waitpid(-1, nullptr, flags) > 0) {
  }
}

// Signals that end the watch, as something to poll.
FileDescriptor EndSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return FileDescriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

class Watcher {
 public:
  Watcher(const Root& root, const WatchOptions& options, double interval, std::optional<uint64_t> count)
      : options_(options), interval_(interval), left_(count), end_(EndSignals()), watch_(root, !options.no_log) {}

  int Run() {
    if (!options_.json) {
      const std::string what = watch_.why_no_log().empty()
                                   ? "the kernel's log"
                                   : "the kernel's counters (its log: " + watch_.why_no_log() + ")";
      if (const auto stop = WriteOutput(kOomscore, "watching " + what + " for OOM kills\n")) return *stop;
    }
    while (!left_ || *left_ > 0) {
      for (const OomEvent& event : watch_.Take(interval_)) {
        if (const auto stop = Report(event)) return *stop;
      }
      ReapCommands(WNOHANG);
      if ((!left_ || *left_ > 0) && Wait()) break;
    }
    ReapCommands(0);
    return kExitOk;
  }

 private:
  std::optional<int> Report(const OomEvent& event) {
    if (left_ && *left_ == 0) return std::nullopt;
    if (left_) --*left_;
    if (const auto stop = WriteOutput(kOomscore, LineOf(event, options_.json))) return stop;
    if (!options_.command.empty()) StartCommand(options_.command, event);
    return std::nullopt;
  }

  // Returns whether it is time to end.
  bool Wait() {
    pollfd waited[] = {{end_.get(), POLLIN, 0}, {watch_.fd(), POLLIN, 0}};
    ::poll(waited, 2, static_cast<int>(interval_ * 1000));
    return waited[0].revents != 0;
  }

  const WatchOptions& options_;
  const double interval_;
  std::optional<uint64_t> left_;
  FileDescriptor end_;
  OomWatch watch_;
};

int ShowPast(const Root& root, const WatchOptions& options) {
  const auto events = PastOomKills(root);
  if (!events) return Failed(kOomscore, {events.error().what, events.error().why + "; run as root or with CAP_SYSLOG"});
  std::string text;
  for (const OomEvent& event : *events) text += LineOf(event, options.json);
  if (text.empty() && !options.json) text = "the kernel's log tells of no OOM kill\n";
  return WriteOutput(kOomscore, text).value_or(kExitOk);
}

int Watch(const Root& root, const WatchOptions& options) {
  const auto interval = ParseSeconds(options.interval);
  if (!interval) return Misused(kOomscore, {options.interval, "not a number of seconds; 0.1 to 3600"});
  const auto count = ParseNumber<uint64_t>(options.count);
  if (!options.count.empty() && !count) return Misused(kOomscore, {"-n " + options.count, "not a number of kills"});
  if (options.past) return ShowPast(root, options);
  return Watcher(root, options, *interval, count).Run();
}

}  // namespace

ToolAction SetUpOomWatch(CLI::App& app) {
  auto options = std::make_shared<WatchOptions>();
  app.add_option("-s,--interval", options->interval, "look at all processes every S seconds (1)")->type_name("S");
  app.add_option("-n", options->count, "end after N kills")->type_name("N");
  app.add_option("--exec", options->command, "run CMD by sh for each; JSON on stdin, OOM_PID, OOM_COMMAND ... set")
      ->type_name("CMD");
  app.add_flag("--past", options->past, "those that the kernel's log still tells of, and end");
  app.add_flag("--no-log", options->no_log, "by counters only, as where the log may not be read");
  app.add_flag("-J,--json", options->json, "a line of JSON for each");
  return [options](const ToolInput& input) { return Watch(input.root, *options); };
}

}  // namespace glassheap::tools
