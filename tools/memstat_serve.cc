// memstat serve: starts the exporter, a program of its own beside this one. It is linked with a web server's libraries,
// which would cost every other command 2 ms at its start.
//
// Tested by tests/tools/memstat_serve_test.cc.

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "tools/cli/arguments.h"
#include "tools/cli/program.h"
#include "tools/memstat_commands.h"
#include "tools/model/metrics.h"
#include "tools/read/exporter_program.h"

namespace glassheap::tools {
namespace {

struct ServeOptions {
  std::string listen = "127.0.0.1:9733";
  size_t max_heaps = kDefaultMaxHeaps;
};

int Serve(const ToolInput& input, const ServeOptions& options) {
  const std::optional<std::string> exporter = FindExporter();
  if (!exporter) {
    return Failed(kMemstat, {"serve",
                             "memstat-serve is not beside memstat; build it (bazel build -c opt "
                             "//tools:memstat-serve) or install the package again"});
  }
  const std::string max_heaps = std::to_string(options.max_heaps);
  const std::string root = input.root.PathOf("");
  ::execl(exporter->c_str(), "memstat", options.listen.c_str(), max_heaps.c_str(), root.c_str(), nullptr);
  return Failed(kMemstat, Error::FromErrno(*exporter, errno));
}

}  // namespace

ToolAction SetUpServe(CLI::App& app) {
  auto options = std::make_shared<ServeOptions>();
  app.add_option("--listen", options->listen, "address and port; port 0: any that is free")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--max-heaps", options->max_heaps, "processes with figures of their own, the largest heaps first")
      ->type_name("N")
      ->check(CLI::Range(size_t{1}, size_t{10000}))
      ->capture_default_str();
  return [options](const ToolInput& input) { return Serve(input, *options); };
}

}  // namespace glassheap::tools
