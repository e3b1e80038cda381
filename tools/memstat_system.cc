// memstat: the machine's memory as free prints it, and all heaps we can see,
// added up.
//
// Tested by tests/tools/memstat_test.cc.

#include <time.h>

#include <cerrno>
#include <cmath>

#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/read/meminfo.h"
#include "tools/run/heap_survey.h"
#include "tools/view/json.h"

namespace glassheap::tools {
namespace {

Result<std::string> OneReport(const Root& root, const SystemOptions& options) {
  const Result<std::string> text = root.ReadFile("proc/meminfo");
  if (!text) return text.error();
  const std::optional<SystemMemory> memory = MakeSystemMemory(ParseMeminfo(*text));
  if (!memory) return Error{root.PathOf("proc/meminfo"), "it has no MemTotal or no MemFree line"};
  const HeapsSummary heaps = SurveyHeaps(root);
  if (options.json) return SystemJson(*memory, heaps);
  return FreeTable(*memory, options.format) + HeapsRow(heaps, options.format);
}

void Sleep(double seconds) {
  timespec left;
  left.tv_sec = static_cast<time_t>(seconds);
  left.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

}  // namespace

int SystemCommand(const Root& root, const SystemOptions& options) {
  const bool repeat = options.seconds || options.count;
  for (long round = 1;; ++round) {
    const Result<std::string> report = OneReport(root, options);
    if (!report) {
      PrintError(kMemstat, report.error());
      return kExitFailure;
    }
    const bool last = !repeat || (options.count && round >= *options.count);
    const std::string between = last || options.json ? "" : "\n";  // as free does
    if (const std::optional<int> stop = WriteOutput(kMemstat, *report + between)) return *stop;
    if (last) return kExitOk;
    Sleep(options.seconds.value_or(1.0));
  }
}

}  // namespace glassheap::tools
