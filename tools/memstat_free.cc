// memstat called as `free`: procps-ng 4.0.2's free to the byte, in what it prints, in its errors and in its exit codes
// (1 for all of them), plus -L of 4.0.4. Nothing of ours is added: memstat without a command does that.
//
// It starts a thousand times a day in scripts, so it goes its own short way: no CLI11, no locale but for -h.
// Left out: translations, and lines of meminfo that no kernel prints.
//
// Tested by tests/end_to_end/free_test.cc.

#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "tools/free_options.h"
#include "tools/memstat_commands.h"
#include "tools/read/meminfo.h"
#include "tools/view/free_table.h"

namespace glassheap::tools {
namespace {

constexpr char kVersionLine[] = " from procps-ng 4.0.2\n";
constexpr int kFailure = 1;
constexpr int kLongOnly = 256;  // codes of long options without a letter begin here; units first
constexpr int kSi = kLongOnly + 100;
constexpr int kHelp = kSi + 1;

struct FreeOptions {
  FreeFormat format;
  bool unit_given = false;
  bool repeat = false;
  double microseconds = 1e6;
  long count = 0;  // 0: for ever
};

enum class Written { kAll, kNobodyReads, kFailed };

// SIGPIPE is left as it is: it ends free.
Written WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno == EPIPE ? Written::kNobodyReads : Written::kFailed;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return Written::kAll;
}

// One run of free; argv[0] is what it was called.
class Free {
 public:
  Free(int argc, char** argv, const Root& root)
      : arguments_(argv, argv + argc), root_(root), name_(::program_invocation_short_name) {
    if (argc > 0) {
      const char* slash = std::strrchr(argv[0], '/');
      name_ = slash == nullptr ? argv[0] : slash + 1;
    }
    arguments_.push_back(nullptr);
  }

  int Run() {
    if (const std::optional<int> stop = Parse()) return *stop;
    if (options_.format.human) ::setlocale(LC_NUMERIC, "");  // free -h prints a decimal comma where it is usual
    return Repeat();
  }

 private:
  std::optional<int> Parse();
  std::optional<int> Take(int code);
  std::optional<int> TakeUnit(const FreeUnitOption& unit);
  std::optional<int> TakeSeconds(const char* text);
  std::optional<int> TakeCount(const char* text);
  int Repeat();
  std::optional<int> ShowOnce(bool first);

  int Fail(const std::string& text, int errno_value = 0) const {
    (void)WriteAll(STDERR_FILENO, name_ + ": " + text +
                                      (errno_value == 0 ? "" : std::string(": ") + std::strerror(errno_value)) + "\n");
    return kFailure;
  }

  // For help and version; free tells why these cannot be written, and not why its table cannot.
  int Print(const std::string& text) const {
    const Written written = WriteAll(STDOUT_FILENO, text);
    return written == Written::kFailed ? Fail("write error", errno) : 0;
  }

  std::string Usage() const;
  int Misuse() const {
    (void)WriteAll(STDERR_FILENO, Usage());
    return kFailure;
  }

  std::vector<char*> arguments_;  // ends with nullptr
  const Root& root_;
  std::string name_;
  FreeOptions options_;
};

std::string UsageLine(char letter, const std::string& rest, const char* help) {
  std::string line = letter == 0 ? "     " : std::string(" -") + letter + ", ";
  line += rest;
  line.resize(std::max(line.size(), size_t{21}), ' ');
  return line + help + "\n";
}

std::string Free::Usage() const {
  std::string text = "\nUsage:\n " + name_ + " [options]\n\nOptions:\n";
  for (const FreeUnitOption& unit : kFreeUnits)
    text += UsageLine(unit.letter, std::string("--") + unit.name, unit.help);
  text += UsageLine('h', "--human", "show human-readable output");
  text += UsageLine(0, "--si", "use powers of 1000 not 1024");
  text += UsageLine('l', "--lohi", "show detailed low and high memory statistics");
  text += UsageLine('t', "--total", "show total for RAM + swap");
  text += UsageLine('v', "--committed", "show committed memory and commit limit");
  text += " -s N, --seconds N   repeat printing every N seconds\n";
  text += " -c N, --count N     repeat printing N times, then exit\n";
  text += UsageLine('w', "--wide", "wide output");
  text += "\n     --help     display this help and exit\n -V, --version  output version information and exit\n";
  return text + "\nFor more details see free(1).\n";
}

// In free's order: getopt_long lists them so when an abbreviation is ambiguous.
std::vector<option> LongOptions() {
  std::vector<option> options;
  int code = kLongOnly;
  for (const FreeUnitOption& unit : kFreeUnits) options.push_back({unit.name, no_argument, nullptr, code++});
  for (const option& more :
       {option{"human", no_argument, nullptr, 'h'}, option{"si", no_argument, nullptr, kSi},
        option{"lohi", no_argument, nullptr, 'l'}, option{"total", no_argument, nullptr, 't'},
        option{"committed", no_argument, nullptr, 'v'}, option{"seconds", required_argument, nullptr, 's'},
        option{"count", required_argument, nullptr, 'c'}, option{"wide", no_argument, nullptr, 'w'},
        option{"help", no_argument, nullptr, kHelp}, option{"version", no_argument, nullptr, 'V'},
        option{nullptr, 0, nullptr, 0}}) {
    options.push_back(more);
  }
  return options;
}

std::optional<int> Free::Parse() {
  // --line is of 4.0.4. In the table it would make --l ambiguous, which 4.0.2 takes for --lohi.
  static char line[] = "-L";
  for (char*& argument : arguments_) {
    if (argument == nullptr || std::strcmp(argument, "--") == 0) break;
    if (std::strcmp(argument, "--line") == 0) argument = line;
  }
  const std::vector<option> long_options = LongOptions();
  const int argc = static_cast<int>(arguments_.size()) - 1;
  ::optind = 0;  // glibc: begin anew
  int code = 0;
  while ((code = ::getopt_long(argc, arguments_.data(), "bkmghlLtvc:ws:V", long_options.data(), nullptr)) != -1) {
    if (const std::optional<int> stop = Take(code)) return stop;
  }
  if (::optind != argc) return Misuse();
  return std::nullopt;
}

std::optional<int> Free::Take(int code) {
  for (const FreeUnitOption& unit : kFreeUnits) {
    const int long_code = kLongOnly + static_cast<int>(&unit - kFreeUnits);
    if (code == long_code || code == unit.letter) return TakeUnit(unit);
  }
  FreeFormat& format = options_.format;
  switch (code) {
    case 'h':
      format.human = true;
      break;
    case kSi:
      format.system = UnitSystem::kDecimal;
      break;
    case 'l':
      format.low_high = true;
      break;
    case 'L':
      format.line = true;
      break;
    case 't':
      format.total = true;
      break;
    case 'v':
      format.committed = true;
      break;
    case 'w':
      format.wide = true;
      break;
    case 's':
      return TakeSeconds(::optarg);
    case 'c':
      return TakeCount(::optarg);
    case 'V':
      return Print(name_ + kVersionLine);
    case kHelp:
      return Print(Usage());
    default:
      return Misuse();  // getopt_long has said what is wrong
  }
  return std::nullopt;
}

std::optional<int> Free::TakeUnit(const FreeUnitOption& unit) {
  if (options_.unit_given) return Fail("Multiple unit options don't make sense.");
  options_.unit_given = true;
  options_.format.exponent = unit.exponent;
  if (unit.system == UnitSystem::kDecimal) options_.format.system = UnitSystem::kDecimal;
  return std::nullopt;
}

// Digits with one '.' or ',' in whatever locale; no exponent, no "inf". `end` is where they stop.
double ParseDecimal(const char* text, const char** end) {
  while (std::isspace(static_cast<unsigned char>(*text))) ++text;
  const bool negative = *text == '-';
  if (*text == '-' || *text == '+') ++text;
  double value = 0;
  while (std::isdigit(static_cast<unsigned char>(*text))) value = value * 10 + (*text++ - '0');
  if (*text == '.' || *text == ',') {
    ++text;
    for (double weight = 0.1; std::isdigit(static_cast<unsigned char>(*text)); weight /= 10) {
      value += weight * (*text++ - '0');
    }
  }
  *end = text;
  return negative ? -value : value;
}

std::optional<int> Free::TakeSeconds(const char* text) {
  const char* end = nullptr;
  const double seconds = ParseDecimal(text, &end);
  if (*text == '\0' || *end != '\0') {
    const bool after_point = std::find_if(text, end, [](char c) { return c == '.' || c == ','; }) != end;
    const int reason = *text == '\0' || after_point ? 0 : EINVAL;
    return Fail(std::string("seconds argument failed: '") + text + "'", reason);
  }
  options_.microseconds = 1e6 * seconds;
  options_.repeat = true;
  if (options_.microseconds < 1) {
    return Fail(std::string("seconds argument `") + text + "' is not positive number");
  }
  return std::nullopt;
}

// free prints an errno that its search for a locale left behind, where there is one to search for.
int ErrnoOfAnEmptyCount() {
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* locale = ::getenv(variable);
    if (locale == nullptr || *locale == '\0') continue;
    return std::strcmp(locale, "C") == 0 || std::strcmp(locale, "POSIX") == 0 ? 0 : ENOENT;
  }
  return 0;
}

std::optional<int> Free::TakeCount(const char* text) {
  const std::string error = std::string("failed to parse count argument: '") + text + "'";
  if (*text == '\0') return Fail(error, ErrnoOfAnEmptyCount());
  errno = 0;
  char* end = nullptr;
  const long count = std::strtol(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0') return Fail(error, errno);
  if (count < 1 || count > INT_MAX) return Fail(error, ERANGE);
  options_.count = count;
  options_.repeat = true;
  return std::nullopt;
}

void Sleep(double microseconds) {
  const double seconds = std::min(microseconds / 1e6, 1e9);
  timespec left;
  left.tv_sec = static_cast<time_t>(seconds);
  left.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  ::nanosleep(&left, nullptr);
}

// Nothing: go on.
std::optional<int> Free::ShowOnce(bool first) {
  const Result<std::string> text = root_.ReadFile("proc/meminfo");
  if (!text && text.error().errno_value == ENOENT) return Fail("Memory information file /proc/meminfo does not exist");
  if (!text || text->empty()) return Fail("Unable to create meminfo structure");
  const std::string parted = first || options_.format.line ? "" : "\n";
  switch (WriteAll(STDOUT_FILENO, parted + FreeTable(MakeFreeColumns(ParseMeminfo(*text)), options_.format))) {
    case Written::kAll:
      return std::nullopt;
    case Written::kNobodyReads:
      return 0;
    case Written::kFailed:
      break;
  }
  return Fail("write error");
}

int Free::Repeat() {
  for (long round = 1;; ++round) {
    if (const std::optional<int> stop = ShowOnce(round == 1)) return *stop;
    if (!options_.repeat || round == options_.count) return 0;
    Sleep(options_.microseconds);
  }
}

}  // namespace

bool CalledAsFree(int argc, char** argv) {
  if (argc < 1) return false;
  const std::string_view name = argv[0];
  return name.substr(name.rfind('/') + 1) == "free";
}

int FreeMain(int argc, char** argv, const Root& root) { return Free(argc, argv, root).Run(); }

}  // namespace glassheap::tools
