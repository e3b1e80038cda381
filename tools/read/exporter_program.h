// Where the exporter's program is: beside this one, or in ../lib/glassheap as a package has it.

#ifndef GLASSHEAP_TOOLS_READ_EXPORTER_PROGRAM_H_
#define GLASSHEAP_TOOLS_READ_EXPORTER_PROGRAM_H_

#include <optional>
#include <string>

namespace glassheap::tools {

inline constexpr char kExporterName[] = "memstat-serve";

// An absolute path that can be run; nothing when there is none.
std::optional<std::string> FindExporter();

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_EXPORTER_PROGRAM_H_
