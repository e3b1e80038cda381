// memtop: top for memory, with the heap inside. Flags, a sample, a screen or a line, again.
//
// Tested by tests/tools/memtop_test.cc.

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "tools/cli/arguments.h"
#include "tools/cli/color.h"
#include "tools/cli/program.h"
#include "tools/run/top_sampler.h"
#include "tools/view/json_processes.h"
#include "tools/view/terminal.h"
#include "tools/view/top_screen.h"

namespace glassheap::tools {
namespace {

constexpr char kName[] = "memtop";
constexpr double kUsualDelay = 2;
constexpr double kShortestDelay = 0.05;
constexpr size_t kPipeWidth = 132;  // holds every default column and a short command

// As typed.
struct RawOptions {
  bool batch = false;
  bool json = false;
  std::string count;
  std::string delay;
  std::string fields;
  std::string sort;
  std::string pids;
  std::string user;
  std::string width;
  bool wide = false;
  std::string root;
  std::string color = "auto";
};

// As meant.
struct Options {
  bool batch = false;
  bool json = false;
  uint64_t count = UINT64_MAX;
  double delay = kUsualDelay;
  size_t width = 0;  // of lines in batch mode; 0: not cut
  ProcessFields fields;
  ProcessSort sort;
  std::vector<pid_t> pids;
  std::string user;
  bool color = false;
};

int Fail(const Error& error, int exit_code) {
  PrintError(kName, error);
  return exit_code;
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// "1.5" or "1,5", in any locale.
std::optional<double> ParseDelay(std::string text) {
  std::ranges::replace(text, ',', '.');
  const auto seconds = ParseNumber<double>(text);
  constexpr double kLongest = 1e9;
  if (!seconds || !(*seconds > 0) || *seconds > kLongest) return std::nullopt;
  return std::max(*seconds, kShortestDelay);
}

Result<std::vector<pid_t>> ParsePids(std::string_view list) {
  std::vector<pid_t> pids;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const auto pid = ParseNumber<pid_t>(list.substr(0, comma));
    if (!pid || *pid <= 0) return Error{"-p " + std::string(list.substr(0, comma)), "not a process id"};
    pids.push_back(*pid);
    list.remove_prefix(std::min(list.size(), comma + 1));
  }
  return pids;
}

// Where lines are cut without -w: at the terminal's edge, or where COLUMNS says.
size_t UsualWidth() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = ::getenv("COLUMNS");
  return ParseNumber<size_t>(columns == nullptr ? "" : columns).value_or(kPipeWidth);
}

std::optional<Error> TakeNumbers(const RawOptions& raw, Options& options) {
  if (!raw.count.empty()) {
    const auto count = ParseNumber<uint64_t>(raw.count);
    if (!count || *count == 0) return Error{"-n " + raw.count, "not a number of refreshes"};
    options.count = *count;
  }
  if (!raw.delay.empty()) {
    const auto delay = ParseDelay(raw.delay);
    if (!delay) return Error{"-d " + raw.delay, "not a positive number of seconds"};
    options.delay = *delay;
  }
  options.width = raw.wide ? 0 : UsualWidth();
  if (!raw.width.empty()) {
    const auto width = ParseNumber<size_t>(raw.width);
    if (!width || *width == 0) return Error{"-w " + raw.width, "not a number of columns"};
    options.width = *width;
  }
  return std::nullopt;
}

std::optional<Error> TakeColumns(const RawOptions& raw, Options& options) {
  options.fields = options.json ? TopJsonFields() : TopDefaultFields();
  if (!raw.fields.empty()) {
    const Result<ProcessFields> fields = ParseProcessFields(raw.fields);
    if (!fields) return fields.error();
    options.fields = *fields;
  }
  const Result<ProcessSort> sort = ParseProcessSort(raw.sort.empty() ? "rss" : raw.sort);
  if (!sort) return sort.error();
  options.sort = *sort;
  return std::nullopt;
}

Result<Options> Understand(const RawOptions& raw) {
  Options options;
  options.json = raw.json;
  options.batch = raw.batch || raw.json;
  options.user = raw.user;
  if (auto error = TakeNumbers(raw, options)) return *std::move(error);
  if (auto error = TakeColumns(raw, options)) return *std::move(error);
  const Result<std::vector<pid_t>> pids = ParsePids(raw.pids);
  if (!pids) return pids.error();
  options.pids = *pids;
  const auto color = ParseColorMode(raw.color);
  if (!color) return Error{"--color=" + raw.color, "auto, always or never"};
  options.color = UseColor(*color);
  return options;
}

// The files that the shown columns, and on a screen those one key away, need.
unsigned FilesFor(const Options& options) {
  unsigned needs = NeedsOf(options.fields) | options.sort.column->needs;
  if (!options.batch) needs |= kNeedsOom;
  unsigned files = kReadStatusOnly;
  if (needs & kNeedsStat) files |= kReadStat;
  if (needs & kNeedsOom) files |= kReadOomScoreAdj;
  if (needs & kNeedsCommandLine) files |= kReadCommandLine;
  return files | kReadRegion;  // the head shows the heaps
}

// Takes samples, and leaves of their processes those that were asked for.
class Frames {
 public:
  Frames(const Root& root, const Options& options) : options_(options), sampler_(root, FilesFor(options)) {}

  bool KnowsUser() const { return options_.user.empty() || sampler_.FindUser(options_.user).has_value(); }

  Result<TopFrame> Next() {
    Result<TopSample> sample = sampler_.Sample();
    if (!sample) return sample.error();
    TopFrame frame{std::move(sample->machine), std::move(sample->processes)};
    std::erase_if(frame.processes, [&](const Process& process) { return !Wanted(process); });
    return frame;
  }

 private:
  bool Wanted(const Process& process) const {
    if (!options_.pids.empty() && std::ranges::find(options_.pids, process.pid) == options_.pids.end()) return false;
    return options_.user.empty() || process.user == UserName();
  }

  // -u takes a number too, and processes carry names.
  const std::string& UserName() const {
    if (user_name_.empty()) user_name_ = sampler_.UserName(*sampler_.FindUser(options_.user));
    return user_name_;
  }

  const Options& options_;
  mutable TopSampler sampler_;
  mutable std::string user_name_;
};

void WaitUntil(timespec& next, double seconds) {
  const auto whole = static_cast<time_t>(seconds);
  next.tv_sec += whole;
  next.tv_nsec += static_cast<long>((seconds - static_cast<double>(whole)) * 1e9);
  if (next.tv_nsec >= 1000000000) {
    next.tv_nsec -= 1000000000;
    ++next.tv_sec;
  }
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr) == EINTR) {
  }
}

int RunBatch(const Options& options, Frames& frames) {
  TopView view{options.fields, options.sort};
  timespec next{};
  ::clock_gettime(CLOCK_MONOTONIC, &next);
  for (uint64_t refresh = 0; refresh < options.count; ++refresh) {
    if (refresh > 0) WaitUntil(next, options.delay);
    Result<TopFrame> frame = frames.Next();
    if (!frame) return Fail(frame.error(), kExitFailure);
    SortProcesses(frame->processes, view.sort);
    const std::string text = options.json ? TopJsonLine(frame->machine, frame->processes, options.fields)
                                          : (refresh > 0 ? "\n" : "") + TopText(*frame, view, options.width);
    if (const auto exit_code = WriteOutput(kName, text)) return *exit_code;
  }
  return kExitOk;
}

double Seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// One session at the terminal.
class Session {
 public:
  Session(const Options& options, Frames& frames, Terminal& terminal)
      : options_(options), frames_(frames), terminal_(terminal), view_{options.fields, options.sort} {
    if (terminal.unicode()) view_.glyphs = Glyphs::kUnicode;
  }

  // Returns the signal to end by, or 0, or the error.
  Result<int> Run() {
    for (uint64_t refresh = 0; refresh < options_.count; ++refresh) {
      Result<TopFrame> frame = frames_.Next();
      if (!frame) return frame.error();
      frame_ = *std::move(frame);
      if (const auto end = ShowUntil(Seconds() + options_.delay)) return *end;
    }
    return 0;
  }

 private:
  // Until it is time to refresh; a value when the session is over.
  std::optional<int> ShowUntil(double deadline) {
    Draw();
    for (double left = deadline - Seconds(); left > 0; left = deadline - Seconds()) {
      const TerminalEvent event = terminal_.Wait(left);
      if (event.kind == TerminalEvent::Kind::kEnd) return event.end_signal;
      if (event.kind == TerminalEvent::Kind::kResized) Draw();
      if (event.kind != TerminalEvent::Kind::kKey) continue;
      const TopAction action = PressKey(event.key, frame_.processes.size(), TableRows(terminal_.height()), view_);
      if (action == TopAction::kQuit) return 0;
      if (action == TopAction::kRefresh) return std::nullopt;
      if (action == TopAction::kRedraw) Draw();
    }
    return std::nullopt;
  }

  void Draw() {
    SortProcesses(frame_.processes, view_.sort);
    terminal_.Show(DrawTop(frame_, view_, terminal_.width(), terminal_.height()));
  }

  const Options& options_;
  Frames& frames_;
  Terminal& terminal_;
  TopView view_;
  TopFrame frame_;
};

int RunScreen(const Options& options, Frames& frames) {
  Result<std::unique_ptr<Terminal>> terminal = Terminal::Open(options.color);
  if (!terminal) return Fail(terminal.error(), kExitFailure);
  const Result<int> end = Session(options, frames, **terminal).Run();
  terminal->reset();
  if (!end) return Fail(end.error(), kExitFailure);
  if (*end == 0 || *end == SIGINT) return kExitOk;  // ^C is a way to quit
  ::signal(*end, SIG_DFL);
  ::raise(*end);
  return kExitFailure;
}

void AddOptions(CLI::App& app, RawOptions& raw) {
  app.add_flag("-b,--batch", raw.batch, "print instead of drawing: for files and pipes");
  app.add_option("-n", raw.count, "refresh so many times, then exit")->type_name("N");
  app.add_option("-d", raw.delay, "seconds between refreshes (2)")->type_name("S");
  app.add_option("-o", raw.sort, "sort by this field; + largest first, - smallest first")->type_name("[+-]FIELD");
  app.add_option("--fields", raw.fields, "the columns, in this order; 'help' lists them")->type_name("A,B,...");
  app.add_option("-p", raw.pids, "only these processes")->type_name("PID,...");
  app.add_option("-u", raw.user, "only processes of this user")->type_name("USER");
  app.add_option("-w", raw.width, "cut lines of -b at so many columns; without a number not at all")
      ->type_name("[COLUMNS]")
      ->expected(0, 1);
  app.add_flag("-J,--json", raw.json, "-b with a line of JSON per refresh, bytes as whole numbers");
  app.add_option("--root", raw.root, "read DIR/proc instead of /proc")->type_name("DIR");
  app.add_option("--color", raw.color, "auto, always or never")->type_name("WHEN");
}

bool Exists(const Root& root, pid_t pid) { return root.OpenDirectory("proc/" + std::to_string(pid)).ok(); }

int Main(std::vector<std::string> arguments) {
  RawOptions raw;
  CLI::App app(
      "Processes by memory: who grows, who dies first, and what glassheap "
      "heaps hold.");
  SetUpArguments(app, kName);
  AddOptions(app, raw);
  if (const auto exit_code = ParseArguments(app, kName, std::move(arguments))) return *exit_code;
  raw.wide = app.count("-w") > 0 && raw.width.empty();
  if (raw.fields == "help") return WriteOutput(kName, ProcessColumnsHelp()).value_or(kExitOk);
  const Result<Options> options = Understand(raw);
  if (!options) return Fail(options.error(), kExitUsage);
  const Root root = raw.root.empty() ? Root::FromEnvironment() : Root(raw.root);
  Frames frames(root, *options);
  if (!frames.KnowsUser()) return Fail(Error{"-u " + options->user, "no such user"}, kExitUsage);
  if (!options->pids.empty() && std::ranges::none_of(options->pids, [&](pid_t pid) { return Exists(root, pid); })) {
    return Fail(Error{"pid " + std::to_string(options->pids.front()), "no such process"}, kExitFailure);
  }
  return options->batch ? RunBatch(*options, frames) : RunScreen(*options, frames);
}

}  // namespace
}  // namespace glassheap::tools

int main(int argc, char** argv) {
  using namespace glassheap::tools;
  return RunProgram(kName, [&] { return Main({argv + 1, argv + argc}); });
}
