// memstat heap: one process, the sum that closes.
//
// Tested by tests/tools/memstat_heap_test.cc.

#include <sys/ioctl.h>

#include <cstdlib>
#include <memory>

#include "tools/cli/arguments.h"
#include "tools/cli/output_file.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/run/block_survey.h"
#include "tools/run/heap_survey.h"
#include "tools/run/process_lookup.h"
#include "tools/view/block_text.h"
#include "tools/view/heap_svg.h"
#include "tools/view/heap_text.h"
#include "tools/view/json.h"

namespace glassheap::tools {

namespace {

// Cells of a map: what a screen holds, what a picture holds, what a program reads.
constexpr size_t kTextCells = 4096;
constexpr size_t kFineCells = 32768;

struct HeapOptions {
  std::string target;  // pid or name
  bool json = false;
  std::string svg_file;
  bool history = false;
  HeapTextOptions text;
  bool blocks = false;
  BlockTextOptions block_text;
};

// Of the terminal; a pipe gets what fits a ticket.
size_t OutputWidth() {
  winsize size = {};
  if (::ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return HeapTextOptions().width;
}

int WriteSvg(const HeapReport& report, const HeapOptions& options) {
  if (options.text.map && !report.map) {
    return Failed(kMemstat, {options.svg_file, "no map to draw: it needs the right to attach to the process"});
  }
  if (!options.text.map && !report.resident) return Failed(kMemstat, {options.svg_file, report.no_resident_because});
  const std::string svg = options.text.map ? HeapMapSvg(report) : ResidentSvg(report);
  const std::optional<Error> error = WriteWholeFile(options.svg_file, svg);
  return error ? Failed(kMemstat, *error) : kExitOk;
}

int ShowBlocks(const Root& root, pid_t pid, const HeapOptions& options) {
  const Result<BlockReport> report = SurveyBlocks(root, pid);
  if (!report) return Failed(kMemstat, report.error());
  const std::string text = options.json ? BlockJson(*report) : BlockText(*report, options.block_text);
  return WriteOutput(kMemstat, text).value_or(kExitOk);
}

int ShowHeap(const Root& root, HeapOptions options) {
  const Result<pid_t> pid = FindProcess(root, options.target);
  if (!pid) return TargetNotFound(pid.error());
  if (options.blocks) return ShowBlocks(root, *pid, options);
  const bool fine = options.json || !options.svg_file.empty();
  HeapDetail detail;
  detail.history = options.history;
  if (options.text.map) detail.map_cells = fine ? kFineCells : kTextCells;
  const Result<HeapReport> report = ReportHeap(root, *pid, detail);
  if (!report) return Failed(kMemstat, report.error());
  if (!options.svg_file.empty()) return WriteSvg(*report, options);
  options.text.width = OutputWidth();
  const std::string text = options.json ? HeapJson(*report) : HeapText(*report, options.text);
  return WriteOutput(kMemstat, text).value_or(kExitOk);
}

}  // namespace

ToolAction SetUpHeap(CLI::App& app) {
  auto options = std::make_shared<HeapOptions>();
  app.add_option("PID|NAME", options->target, "the process")->required()->type_name("");
  app.add_flag("--classes", options->text.classes, "and its size classes");
  app.add_flag("--threads", options->text.threads, "and its threads");
  app.add_flag("--spans", options->text.spans, "and its spans: how full, and what they pin");
  app.add_flag("--map", options->text.map, "and a map of its address space: live, cached, free, given back");
  app.add_flag("--history", options->history, "and what it was over the last minutes");
  app.add_flag("--blocks", options->blocks, "instead: every block of the block heap, live (run --allocator block)");
  app.add_option("--block-rows", options->block_text.max_rows, "so many blocks one by one (64); 0: all")
      ->type_name("COUNT");
  app.add_flag("--relative", options->block_text.relative_addresses, "count addresses of blocks from the first one");
  CLI::Option* svg =
      app.add_option("--svg", options->svg_file, "write a picture to FILE instead (with --map, the map)");
  svg->type_name("FILE");
  app.add_flag("-J,--json", options->json, "print JSON, in bytes")->excludes(svg);
  return [options](const ToolInput& input) { return ShowHeap(input.root, *options); };
}

}  // namespace glassheap::tools
