// A file that a tool writes because it was told to: whole, or not at all.

#ifndef GLASSHEAP_TOOLS_CLI_OUTPUT_FILE_H_
#define GLASSHEAP_TOOLS_CLI_OUTPUT_FILE_H_

#include <optional>
#include <string>
#include <string_view>

#include "tools/read/result.h"

namespace glassheap::tools {

// A new file takes path's place once all of text is in it; until then, and when it fails, what was there stays.
// What is no regular file (a terminal, a pipe), or a link (/dev/stdout: root could put a file in its place) is written to
// directly. Errors name the path.
std::optional<Error> WriteWholeFile(const std::string& path, std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_CLI_OUTPUT_FILE_H_
