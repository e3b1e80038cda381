// memstat without a command: the machine's memory as free prints it, then what free cannot say.
//
// Tested by tests/tools/memstat_test.cc.

#include <time.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/free_options.h"
#include "tools/memstat_commands.h"
#include "tools/read/zram.h"
#include "tools/run/metrics_survey.h"
#include "tools/run/system_memory.h"
#include "tools/run/system_survey.h"
#include "tools/view/free_table.h"
#include "tools/view/json_system.h"
#include "tools/view/openmetrics.h"
#include "tools/view/system_rows.h"
#include "tools/view/what_text.h"

namespace glassheap::tools {
namespace {

constexpr size_t kUnitCount = std::size(kFreeUnits);

struct SystemOptions {
  FreeFormat format;
  std::optional<double> seconds;  // between repetitions; 1 when only count was given
  std::optional<long> count;
  bool what = false;
  bool delta = false;
  bool json = false;
  bool openmetrics = false;
};

// As typed.
struct Typed {
  bool units[kUnitCount] = {};
  bool si = false;
  std::optional<std::string> seconds;
  std::optional<std::string> count;
  SystemOptions system;
};

std::string SystemText(const SystemReport& report, const SystemDelta* delta, const SystemOptions& options) {
  std::string text = FreeTable(report.columns, options.format);
  if (delta != nullptr && options.delta) text += DeltaRows(*delta, options.format);
  if (report.cgroup) text += CgroupRow(*report.cgroup, options.format);
  return text + PressureRows(report) + EventsRow(report, delta, options.format) +
         HeapsRow(report.heaps, options.format);
}

// One report after the other; each knows the one before.
class SystemReports {
 public:
  SystemReports(const Root& root, const SystemOptions& options) : root_(root), options_(options) {}

  Result<std::string> Next() {
    if (options_.openmetrics) return OpenMetricsText(MetricsSurvey(root_).Collect());
    return options_.what ? What() : System();
  }

 private:
  Result<std::string> System() {
    const Result<SystemReport> report = SurveySystem(root_);
    if (!report) return report.error();
    std::optional<SystemDelta> delta;
    if (before_) delta = MakeSystemDelta(*before_, *report);
    before_ = *report;
    const SystemDelta* change = delta ? &*delta : nullptr;
    if (!options_.json) return SystemText(*report, change, options_);
    return SystemJson(*report, options_.delta ? change : nullptr);
  }

  Result<std::string> What() const {
    const Result<Meminfo> meminfo = ReadMeminfo(root_);
    if (!meminfo) return meminfo.error();
    const auto rows = *MakeMemoryUse(*meminfo, ReadZramBytes(root_));
    const FreeColumns columns = MakeFreeColumns(*meminfo);
    const auto formulas = *MakeUsedFormulas(*meminfo);
    if (options_.json) return WhatJson(rows, columns, formulas);
    return WhatText(rows, columns, formulas, options_.format);
  }

  const Root& root_;
  const SystemOptions& options_;
  std::optional<SystemReport> before_;
};

void Sleep(double seconds) {
  timespec left;
  left.tv_sec = static_cast<time_t>(seconds);
  left.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

int ShowSystem(const Root& root, const SystemOptions& options) {
  const bool repeat = options.seconds || options.count;
  SystemReports reports(root, options);
  for (long round = 1;; ++round) {
    const Result<std::string> report = reports.Next();
    if (!report) return Failed(kMemstat, report.error());
    const bool last = !repeat || (options.count && round >= *options.count);
    const std::string between = last || options.json ? "" : "\n";  // as free does
    if (const std::optional<int> stop = WriteOutput(kMemstat, *report + between)) return *stop;
    if (last) return kExitOk;
    Sleep(options.seconds.value_or(1.0));
  }
}

std::optional<Error> ResolveUnits(Typed& typed) {
  FreeFormat& format = typed.system.format;
  int chosen = 0;
  for (size_t i = 0; i < kUnitCount; ++i) {
    if (!typed.units[i]) continue;
    ++chosen;
    format.exponent = kFreeUnits[i].exponent;
    format.system = kFreeUnits[i].system;
  }
  if (chosen > 1) return Error{"options", "multiple unit options don't make sense; give one of them, or -h"};
  if (typed.si) format.system = UnitSystem::kDecimal;
  return std::nullopt;
}

// "0.5" and "0,5" alike, in every locale.
std::optional<double> ParseSeconds(std::string text) {
  if (const size_t comma = text.find(','); comma != std::string::npos) text[comma] = '.';
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds > 0 && seconds < 1e9 ? std::optional(seconds) : std::nullopt;
}

std::optional<long> ParseCount(const std::string& text) {
  long count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1) return std::nullopt;
  return count;
}

std::optional<Error> ResolveRepetition(Typed& typed) {
  if (typed.seconds && !(typed.system.seconds = ParseSeconds(*typed.seconds))) {
    return Error{"--seconds " + *typed.seconds, "not a positive number of seconds; 0.5 and 0,5 are"};
  }
  if (typed.count && !(typed.system.count = ParseCount(*typed.count))) {
    return Error{"--count " + *typed.count, "not a positive whole number; leave it out to repeat for ever"};
  }
  if (typed.system.delta && !typed.seconds && !typed.count) {
    return Error{"--delta", "there is nothing before the first report; add -s SECONDS or -c COUNT"};
  }
  if (typed.system.openmetrics && (typed.system.json || typed.system.what || typed.system.delta)) {
    return Error{"--openmetrics", "it is a form of its own; leave out --json, --what and --delta"};
  }
  return std::nullopt;
}

void AddFlags(CLI::App& app, Typed& typed) {
  FreeFormat& format = typed.system.format;
  for (size_t i = 0; i < kUnitCount; ++i) {
    const FreeUnitOption& unit = kFreeUnits[i];
    const std::string letter = unit.letter == 0 ? "" : std::string("-") + unit.letter + ",";
    app.add_flag(letter + "--" + unit.name, typed.units[i], unit.help);
  }
  app.add_flag("-h,--human", format.human, "show human-readable output");
  app.add_flag("--si", typed.si, "use powers of 1000 not 1024");
  app.add_flag("-l,--lohi", format.low_high, "show low and high memory");
  app.add_flag("-L,--line", format.line, "show memory on one line");
  app.add_flag("-t,--total", format.total, "show the total of RAM and swap");
  app.add_flag("-v,--committed", format.committed, "show committed memory and its limit");
  app.add_flag("-w,--wide", format.wide, "show buffers and cache apart");
  app.add_option("-s,--seconds", typed.seconds, "repeat every N seconds")->type_name("N");
  app.add_option("-c,--count", typed.count, "repeat N times, then exit")->type_name("N");
  app.add_flag("--delta", typed.system.delta, "with -s or -c: show what changed since the last report");
  app.add_flag("-W,--what", typed.system.what, "show where all memory is, and the ways to count \"used\"");
  app.add_flag("-J,--json", typed.system.json, "print JSON, in bytes; a line for each report");
  app.add_flag("--openmetrics", typed.system.openmetrics, "print what memstat serve exports, as OpenMetrics text");
}

}  // namespace

ToolAction SetUpSystem(CLI::App& app) {
  auto typed = std::make_shared<Typed>();
  AddFlags(app, *typed);
  return [typed](const ToolInput& input) {
    if (const std::optional<Error> error = ResolveUnits(*typed)) return Misused(kMemstat, *error);
    if (const std::optional<Error> error = ResolveRepetition(*typed)) return Misused(kMemstat, *error);
    return ShowSystem(input.root, typed->system);
  };
}

int PlainSystemMain(const Root& root) { return ShowSystem(root, SystemOptions()); }

// The long way, for `memstat --root DIR free ...`; main() takes the short one: memstat_free.cc.
ToolAction SetUpFree(CLI::App& app) {
  app.set_help_flag("");
  app.prefix_command();
  return [&app](const ToolInput& input) {
    std::string name = "free";
    std::vector<std::string> words = app.remaining();
    std::vector<char*> arguments = {name.data()};
    for (std::string& word : words) arguments.push_back(word.data());
    return FreeMain(static_cast<int>(arguments.size()), arguments.data(), input.root);
  };
}

}  // namespace glassheap::tools
