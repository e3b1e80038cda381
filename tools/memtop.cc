// memtop: top for memory, with the heap inside. Flags, a sample, a screen or a line, again.
//
// Tested by tests/tools/memtop_test.cc.

#include <malloc.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "tools/cli/arguments.h"
#include "tools/cli/color.h"
#include "tools/cli/program.h"
#include "tools/read/user_file.h"
#include "tools/read/users.h"
#include "tools/run/top_session.h"
#include "tools/run/top_world.h"
#include "tools/view/json_processes.h"
#include "tools/view/top/config.h"
#include "tools/view/top/prompt.h"
#include "tools/view/top/screen.h"
#include "tools/view/top/table.h"

namespace glassheap::tools {
namespace {

constexpr char kName[] = "memtop";
constexpr size_t kPipeWidth = 132;  // holds every default column and a short command

// As typed.
struct RawOptions {
  bool batch = false;
  bool json = false;
  bool csv = false;
  bool threads = false;
  bool wide = false;
  std::optional<std::string> pids;
  std::string count, delay, fields, sort, user, width, filter, group, record, replay, root;
  std::string color = "auto";
};

enum class Format { kScreen, kText, kJson, kCsv };

// As meant.
struct Options {
  Format format = Format::kScreen;
  uint64_t count = UINT64_MAX;
  size_t width = 0;  // of lines in batch mode; 0: not cut
  bool color = false;
  std::string record;
  std::string replay;
  std::string config_path;
  TopState state;
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
    const Result<double> delay = ParseDelay(raw.delay);
    if (!delay) return Error{"-d " + raw.delay, delay.error().why};
    options.state.settings.delay_seconds = *delay;
  }
  options.width = raw.wide ? 0 : UsualWidth();
  if (!raw.width.empty()) {
    const auto width = ParseNumber<size_t>(raw.width);
    if (!width || *width == 0) return Error{"-w " + raw.width, "not a number of columns"};
    options.width = *width;
  }
  return std::nullopt;
}

// From the configuration, where it is a screen, and over it from the flags.
std::optional<Error> TakeColumns(const RawOptions& raw, Options& options) {
  TopSettings& settings = options.state.settings;
  settings.fields = options.format == Format::kJson ? TopJsonFields() : TopDefaultFields();
  settings.sort = *ParseProcessSort("rss");
  if (options.format == Format::kScreen && !options.config_path.empty()) {
    const Result<std::string> text = ReadUserConfig(options.config_path);
    const auto errors = text ? ReadConfig(*text, settings) : std::vector<Error>();
    if (!text && text.error().errno_value != ENOENT) options.state.message = text.error().Text();
    if (!errors.empty()) options.state.message = options.config_path + ": " + errors.front().Text();
    options.state.message_is_error = !options.state.message.empty();
  }
  if (!raw.fields.empty()) {
    const Result<ProcessFields> fields = ParseProcessFields(raw.fields);
    if (!fields) return fields.error();
    settings.fields = *fields;
  }
  if (!raw.sort.empty()) {
    const Result<ProcessSort> sort = ParseProcessSort(raw.sort);
    if (!sort) return sort.error();
    settings.sort = *sort;
  }
  return std::nullopt;
}

std::optional<Error> TakeWanted(const RawOptions& raw, Options& options) {
  if (raw.pids && raw.pids->empty()) return Error{"-p ''", "not a process id"};  // a pgrep that found none, not all
  const Result<std::vector<pid_t>> pids = ParsePids(raw.pids.value_or(""));
  if (!pids) return pids.error();
  options.state.pids = *pids;
  options.state.user = raw.user;
  if (!raw.filter.empty()) {
    const auto filters = ParseProcessFilters(raw.filter);
    if (!filters) return Error{"--filter " + filters.error().what, filters.error().why};
    options.state.filters = *filters;
  }
  if (!raw.group.empty()) {
    const auto by = ParseGroupBy(raw.group);
    if (!by) return Error{"--group " + raw.group, "user, command, cgroup or none"};
    options.state.settings.group = *by;
  }
  if (raw.threads) options.state.settings.threads = true;
  return std::nullopt;
}

Result<Format> FormatOf(const RawOptions& raw) {
  if (raw.json && raw.csv) return Error{"--csv", "not together with --json"};
  if (raw.json) return Format::kJson;
  if (raw.csv) return Format::kCsv;
  return raw.batch ? Format::kText : Format::kScreen;
}

Result<Options> Understand(const RawOptions& raw) {
  Options options;
  const Result<Format> format = FormatOf(raw);
  if (!format) return format.error();
  options.format = *format;
  options.record = raw.record;
  options.replay = raw.replay;
  options.config_path = UserConfigPath("memtop.conf");
  if (!raw.record.empty() && !raw.replay.empty()) return Error{"--record", "not together with --replay"};
  if (auto error = TakeColumns(raw, options)) return *std::move(error);
  if (auto error = TakeNumbers(raw, options)) return *std::move(error);
  if (auto error = TakeWanted(raw, options)) return *std::move(error);
  const auto color = ParseColorMode(raw.color);
  if (!color) return Error{"--color=" + raw.color, "auto, always or never"};
  options.color = UseColor(*color);
  return options;
}

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

std::string BatchText(const Options& options, const TopFrame& frame, bool first) {
  const TopRows rows = MakeRows(frame, options.state);
  const ProcessFields& fields = options.state.settings.fields;
  switch (options.format) {
    case Format::kJson: {
      std::vector<const Process*> processes;
      for (const TopRow& row : rows.rows) processes.push_back(row.process);
      return TopJsonLine(frame.machine, processes, fields);
    }
    case Format::kCsv:
      return (first ? TableCsvHeading(fields) : "") + TableCsv(rows, fields, frame.machine.realtime_seconds);
    default:
      return (first ? "" : "\n") + TopText(frame, rows, options.state, options.width);
  }
}

// One refresh each `-d` seconds; a replay's as fast as it goes, to its end.
int RunBatch(const Options& options, TopWorld& world) {
  TopFrame frame;
  timespec next{};
  ::clock_gettime(CLOCK_MONOTONIC, &next);
  for (uint64_t refresh = 0; refresh < options.count; ++refresh) {
    const bool is_replay = frame.replay.has_value();
    if (is_replay && frame.replay->frame + 1 == frame.replay->frames) break;
    if (refresh > 0 && !is_replay) WaitUntil(next, options.state.settings.delay_seconds);
    if (const auto error = world.Refresh(options.state, {}, frame)) return Fail(*error, kExitFailure);
    if (const auto exit_code = WriteOutput(kName, BatchText(options, frame, refresh == 0))) return *exit_code;
  }
  return kExitOk;
}

int RunScreen(const Options& options, TopWorld& world) {
  Result<std::unique_ptr<Terminal>> terminal = Terminal::Open(options.color);
  if (!terminal) return Fail(terminal.error(), kExitFailure);
  const Result<int> end = RunTopSession(world, **terminal, options.state, options.count);
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
  app.add_option("--filter", raw.filter, "only processes that pass: rss>100M,user=www,!adj<0")->type_name("F>V,...");
  app.add_option("-p", raw.pids, "only these processes")->type_name("PID,...");
  app.add_option("-u", raw.user, "only processes of this user")->type_name("USER");
  app.add_option("--group", raw.group, "sums by user, command or cgroup")->type_name("BY");
  app.add_flag("-H,--threads", raw.threads, "threads, with their caches");
  app.add_option("-w", raw.width, "cut lines of -b at so many columns; without a number not at all")
      ->type_name("[COLUMNS]")
      ->expected(0, 1);
  app.add_flag("-J,--json", raw.json, "-b with a line of JSON per refresh, bytes as whole numbers");
  app.add_flag("--csv", raw.csv, "-b with raw values, parted by commas");
  app.add_option("--record", raw.record, "write every refresh into FILE, too")->type_name("FILE");
  app.add_option("--replay", raw.replay, "show a recording; [ and ] go back and forth")->type_name("FILE");
  app.add_option("--root", raw.root, "read DIR/proc instead of /proc")->type_name("DIR");
  app.add_option("--color", raw.color, "auto, always or never")->type_name("WHEN");
}

// A refresh makes a table of all processes anew: memory of its own, which goes back when the table does, instead of holes
// in a heap that never shrinks; 350 page faults a refresh at 2,000 processes. One arena: the threads read a file each.
void KeepHeapSmall() {
  ::mallopt(M_MMAP_THRESHOLD, 128 << 10);  // set, it does not adapt
  ::mallopt(M_TRIM_THRESHOLD, 256 << 10);
  ::mallopt(M_ARENA_MAX, 1);
}

bool Exists(const Root& root, pid_t pid) { return root.OpenDirectory("proc/" + std::to_string(pid)).ok(); }

// What can only be said when there is a machine: whether the user and the processes exist.
std::optional<std::pair<Error, int>> CheckWanted(const Root& root, Options& options) {
  TopState& state = options.state;
  if (!options.replay.empty()) return std::nullopt;
  if (!state.user.empty()) {
    Users users(root);
    const auto uid = users.Find(state.user);
    if (!uid) return std::pair(Error{"-u " + state.user, "no such user"}, kExitUsage);
    state.user = users.Name(*uid);  // -u takes a number too, and processes carry names
  }
  if (!state.pids.empty() && std::ranges::none_of(state.pids, [&](pid_t pid) { return Exists(root, pid); })) {
    return std::pair(Error{"pid " + std::to_string(state.pids.front()), "no such process"}, kExitFailure);
  }
  return std::nullopt;
}

Result<std::unique_ptr<TopWorld>> MakeWorld(const Root& root, const Options& options) {
  if (!options.replay.empty()) return MakeReplayWorld(options.replay);
  const bool batch = options.format != Format::kScreen;
  const bool with_head = options.format != Format::kCsv;
  return MakeLiveWorld(root, {batch, with_head, options.config_path, options.record});
}

int Main(std::vector<std::string> arguments) {
  KeepHeapSmall();
  RawOptions raw;
  CLI::App app("Processes by memory: who grows, who dies first, and what glassheap heaps hold.");
  SetUpArguments(app, kName);
  AddOptions(app, raw);
  if (const auto exit_code = ParseArguments(app, kName, std::move(arguments))) return *exit_code;
  raw.wide = app.count("-w") > 0 && raw.width.empty();
  if (raw.fields == "help") return WriteOutput(kName, ProcessColumnsHelp()).value_or(kExitOk);
  Result<Options> options = Understand(raw);
  if (!options) return Fail(options.error(), kExitUsage);
  const Root root = raw.root.empty() ? Root::FromEnvironment() : Root(raw.root);
  if (const auto wrong = CheckWanted(root, *options)) return Fail(wrong->first, wrong->second);
  const Result<std::unique_ptr<TopWorld>> world = MakeWorld(root, *options);
  if (!world) return Fail(world.error(), kExitFailure);
  return options->format == Format::kScreen ? RunScreen(*options, **world) : RunBatch(*options, **world);
}

}  // namespace
}  // namespace glassheap::tools

int main(int argc, char** argv) {
  using namespace glassheap::tools;
  return RunProgram(kName, [&] { return Main({argv + 1, argv + argc}); });
}
