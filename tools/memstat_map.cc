// memstat map: one process' address space, from low to high.
//
// Tested by tests/tools/memstat_map_test.cc.

#include <charconv>
#include <memory>
#include <optional>

#include "tools/cli/arguments.h"
#include "tools/cli/output_file.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/run/map_survey.h"
#include "tools/view/json_map.h"
#include "tools/view/map_svg.h"
#include "tools/view/map_text.h"

namespace glassheap::tools {
namespace {

struct MapOptions {
  std::string target;                // pid or name
  std::optional<std::string> pages;  // ADDRESS[+COUNT]
  std::string svg_file;
  bool json = false;
  MapTextOptions text;
};

struct PageRange {
  uint64_t address = 0;
  size_t count = 1;
};

template <typename Number>
bool ParseWhole(std::string_view text, Number& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

// "0x7f0102030000", "7f0102030000+16".
std::optional<PageRange> ParsePages(std::string_view text) {
  PageRange range;
  const size_t plus = text.find('+');
  std::string_view address = text.substr(0, plus);
  if (address.starts_with("0x") || address.starts_with("0X")) address.remove_prefix(2);
  if (!ParseWhole(address, range.address, 16)) return std::nullopt;
  if (plus != std::string_view::npos && !ParseWhole(text.substr(plus + 1), range.count, 10)) return std::nullopt;
  if (range.count < 1 || range.count > kMaxPages) return std::nullopt;
  return range;
}

int ShowPages(const Root& root, pid_t pid, const OpenedProcess& process, const AddressSpace& space,
              const MapOptions& options) {
  const std::optional<PageRange> range = ParsePages(*options.pages);
  if (!range) {
    return Misused(kMemstat, {"--pages " + *options.pages, "not an address in hexadecimal, with +COUNT of 1 to " +
                                                               std::to_string(kMaxPages) + " pages if you like"});
  }
  const Result<std::vector<PageState>> pages = SurveyPages(root, pid, process, range->address, range->count);
  if (!pages) return Failed(kMemstat, pages.error());
  const std::string text = options.json ? PagesJson(space, *pages) : PagesText(space, *pages);
  return WriteOutput(kMemstat, text).value_or(kExitOk);
}

int ShowMap(const Root& root, const MapOptions& options) {
  const Result<pid_t> pid = FindProcess(root, options.target);
  if (!pid) return TargetNotFound(pid.error());
  const Result<OpenedProcess> process = OpenProcess(root, *pid);
  if (!process) return Failed(kMemstat, process.error());
  const Result<AddressSpace> space = SurveyMap(root, *pid, *process);
  if (!space) return Failed(kMemstat, space.error());
  if (options.pages) return ShowPages(root, *pid, *process, *space, options);
  if (!options.svg_file.empty()) {
    const std::optional<Error> error = WriteWholeFile(options.svg_file, MapSvg(*space));
    return error ? Failed(kMemstat, *error) : kExitOk;
  }
  const std::string text = options.json ? MapJson(*space) : MapText(*space, options.text);
  return WriteOutput(kMemstat, text).value_or(kExitOk);
}

}  // namespace

ToolAction SetUpMap(CLI::App& app) {
  auto options = std::make_shared<MapOptions>();
  app.add_option("PID|NAME", options->target, "the process")->required()->type_name("");
  app.add_flag("-a,--all", options->text.every_mapping, "a line for every mapping, not one for what belongs together");
  app.add_option("--pages", options->pages, "instead: pages from ADDR on, their frames and flags")
      ->type_name("ADDR[+COUNT]");
  app.add_option("--svg", options->svg_file, "instead: the picture, into FILE")->type_name("FILE");
  app.add_flag("-J,--json", options->json, "print JSON, in bytes");
  return [options](const ToolInput& input) { return ShowMap(input.root, *options); };
}

}  // namespace glassheap::tools
