// memstat compare: the same command under each allocator, side by side.
//
// Tested by tests/tools/memstat_compare_test.cc.

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>

#include "tools/cli/arguments.h"
#include "tools/cli/output_file.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/read/allocator_library.h"
#include "tools/run/compare_runs.h"
#include "tools/view/compare_text.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr int kExitBySignal = 128;  // and its number
constexpr int64_t kMaxRounds = 100'000;
constexpr double kMaxTimeout = 1e7;  // seconds: four months
constexpr size_t kBarWidth = 30;

struct CompareOptions {
  int64_t rounds = 10;
  std::string allocators;  // A,B; empty: all there are
  std::optional<double> timeout;
  bool no_compare_output = false;
  std::string per_second;  // NAME=REGEX
  std::string svg_file;
  bool json = false;
};

Result<std::vector<Allocator>> ChooseAllocators(const std::string& list) {
  const AllocatorSearch search = AllocatorSearch::FromProcess();
  if (list.empty()) return FindAllAllocators(search);
  std::vector<Allocator> chosen;
  for (size_t start = 0; start <= list.size();) {
    const size_t end = std::min(list.find(',', start), list.size());
    Result<Allocator> one = FindAllocator(list.substr(start, end - start), search);
    if (!one) return one.error();
    const auto same = [&](const Allocator& other) { return other.name == one->name; };
    if (std::ranges::any_of(chosen, same)) return Error{one->name, "named twice in --allocators"};
    chosen.push_back(*std::move(one));
    start = end + 1;
  }
  return chosen;
}

Result<RateSpec> ParseRate(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return Error{"--per-second " + text, "it is NAME=REGEX, such as 'requests=([0-9.]+) requests per second'"};
  }
  try {
    return RateSpec{text.substr(0, equals), std::regex(text.substr(equals + 1))};
  } catch (const std::regex_error& error) {
    return Error{"--per-second " + text, std::string("not a regular expression: ") + error.what()};
  }
}

// One line on stderr that is written over and over; only where somebody can see it.
class ProgressLine {
 public:
  ProgressLine() : visible_(::isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() { Write("\r\x1b[K"); }

  void Show(size_t done, size_t all, const std::string& allocator) {
    const size_t marks = all == 0 ? 0 : done * kBarWidth / all;
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
    std::string line = "\r\x1b[K[" + std::string(marks, '#') + std::string(kBarWidth - marks, '.') + "] " +
                       std::to_string(done) + "/" + std::to_string(all) + " " + allocator;
    if (done > 0) {
      line +=
          "   " + HumanSeconds(spent.count() / static_cast<double>(done) * static_cast<double>(all - done)) + " left";
    }
    Write(line);
  }

 private:
  void Write(const std::string& text) {
    if (visible_) (void)!::write(STDERR_FILENO, text.data(), text.size());
  }

  bool visible_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

int FailToStart(const Error& error) {
  if (error.errno_value == ENOENT) {
    return Failed(kMemstat, {error.what, "command not found; check its name, PATH, and a script's interpreter"},
                  kExitNotFound);
  }
  return Failed(kMemstat, error, error.errno_value == 0 ? kExitFailure : kExitNotExecutable);
}

// Nothing when they make sense.
std::optional<Error> CheckOptions(const CompareOptions& options, const std::vector<std::string>& command) {
  if (command.empty()) return Error{"compare", "no command; use memstat compare [OPTIONS] -- COMMAND [ARGUMENTS...]"};
  if (options.rounds < 1 || options.rounds > kMaxRounds) {
    return Error{"-n " + std::to_string(options.rounds), "rounds go from 1 to " + std::to_string(kMaxRounds)};
  }
  if (options.timeout && !(*options.timeout > 0 && *options.timeout <= kMaxTimeout)) {
    return Error{"--timeout", "seconds, more than 0 and at most 10000000"};
  }
  return std::nullopt;
}

int Print(const Comparison& comparison, const CompareOptions& options) {
  const std::string text = options.json ? CompareJson(comparison) : CompareText(comparison);
  if (const std::optional<int> stop = WriteOutput(kMemstat, text)) return *stop;
  if (!options.svg_file.empty()) {  // the last: should it fail, what took minutes has been printed
    if (const std::optional<Error> error = WriteWholeFile(options.svg_file, CompareSvg(comparison))) {
      return Failed(kMemstat, *error);
    }
  }
  const bool good = std::ranges::none_of(comparison.allocators, &AllocatorRuns::failed);
  return good ? kExitOk : kExitFailure;
}

int Compare(const std::vector<std::string>& command, const CompareOptions& options) {
  if (const std::optional<Error> error = CheckOptions(options, command)) return Misused(kMemstat, *error);
  CompareSpec spec;
  spec.command = command;
  spec.rounds = static_cast<size_t>(options.rounds);
  spec.compare_output = !options.no_compare_output;
  if (options.timeout) spec.timeout = std::chrono::duration<double>(*options.timeout);
  if (!options.per_second.empty()) {
    Result<RateSpec> rate = ParseRate(options.per_second);
    if (!rate) return Misused(kMemstat, rate.error());
    spec.rate = *std::move(rate);
  }
  Result<std::vector<Allocator>> allocators = ChooseAllocators(options.allocators);
  if (!allocators) return Misused(kMemstat, allocators.error());
  spec.allocators = *std::move(allocators);

  SignalRelay signals;
  std::optional<ProgressLine> progress(std::in_place);
  const Result<Comparison> comparison = CompareAllocators(
      spec, signals, [&](size_t done, size_t all, const std::string& name) { progress->Show(done, all, name); });
  progress.reset();
  if (!comparison) return FailToStart(comparison.error());
  const int exit_code = Print(*comparison, options);
  return comparison->interrupted ? kExitBySignal + comparison->interrupted_by : exit_code;
}

}  // namespace

ToolAction SetUpCompare(CLI::App& app) {
  auto options = std::make_shared<CompareOptions>();
  app.add_option("-n,--rounds", options->rounds, "rounds after the warm-up (10)")->type_name("ROUNDS");
  app.add_option("--allocators", options->allocators,
                 "of glibc, jemalloc, tcmalloc, mimalloc, glassheap, hardened, block, NAME=/path.so; otherwise all "
                 "that are here")
      ->type_name("A,B,...");
  app.add_option("--timeout", options->timeout, "seconds a run may take before it is killed")->type_name("SECONDS");
  app.add_flag("--no-compare-output", options->no_compare_output, "do not say when outputs differ");
  app.add_option("--per-second", options->per_second, "a figure from the command's own output, more being better")
      ->type_name("NAME=REGEX");
  app.add_option("--svg", options->svg_file, "and time against memory as a picture, into FILE")->type_name("FILE");
  app.add_flag("-J,--json", options->json, "print JSON, in seconds and bytes");
  return [options](const ToolInput& input) { return Compare(input.words, *options); };
}

}  // namespace glassheap::tools
