// Tested by tests/tools/memstat_serve_test.cc.

#include "tools/read/exporter_program.h"

#include <unistd.h>

#include "tools/read/root.h"

namespace glassheap::tools {

std::optional<std::string> FindExporter() {
  const Result<std::string> self = Root().ReadLink("proc/self/exe");
  if (!self) return std::nullopt;
  const std::string folder = self->substr(0, self->rfind('/'));
  for (const char* place : {"/", "/../lib/glassheap/"}) {
    std::string path = folder + place + kExporterName;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

}  // namespace glassheap::tools
