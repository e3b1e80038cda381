// memstat core: the heap of a program that is no more, from its core dump.
//
// Tested by tests/tools/memstat_core_test.cc.

#include <memory>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/model/core_report.h"
#include "tools/read/core_file.h"
#include "tools/view/core_text.h"
#include "tools/view/json.h"

namespace glassheap::tools {
namespace {

struct CoreOptions {
  std::string file;
  bool json = false;
};

Result<CoreReport> ReportCore(const std::string& path) {
  const Result<CoreRegion> dump = ReadCore(path);
  if (!dump) return dump.error();
  const Result<Heap> heap = MakeHeap(dump->region);
  if (!heap) return Error{path, heap.error().Text()};
  const CoreFile& core = dump->core;
  return CoreReport{core.name, core.arguments, core.signal, core.pid, *heap, MakeHistory(dump->region, *heap, 0)};
}

int ShowCore(const CoreOptions& options) {
  const Result<CoreReport> report = ReportCore(options.file);
  if (!report) return Failed(kMemstat, report.error());
  return WriteOutput(kMemstat, options.json ? CoreJson(*report) : CoreText(*report)).value_or(kExitOk);
}

}  // namespace

ToolAction SetUpCore(CLI::App& app) {
  auto options = std::make_shared<CoreOptions>();
  app.add_option("FILE", options->file, "the core dump")->required()->type_name("");
  app.add_flag("-J,--json", options->json, "print JSON, in bytes");
  return [options](const ToolInput&) { return ShowCore(*options); };
}

}  // namespace glassheap::tools
