// Files that belong to the user: the saved settings of a tool, and recordings.
//
// Invariants:
//   (1) Settings are read only from a regular file of ours (or of root) that nobody else may write, and of a bounded
//       size: a tool run by root must not be steered by another user.
//   (2) Settings are written whole or not at all: into a new file beside the old one, which is then replaced.

#ifndef GLASSHEAP_TOOLS_READ_USER_FILE_H_
#define GLASSHEAP_TOOLS_READ_USER_FILE_H_

#include <optional>
#include <string>
#include <string_view>

#include "tools/read/result.h"

namespace glassheap::tools {

// $XDG_CONFIG_HOME/glassheap/NAME, else ~/.config/glassheap/NAME. Empty when neither is known.
std::string UserConfigPath(std::string_view name);

// The text; an error with errno_value ENOENT when there is none.
Result<std::string> ReadUserConfig(const std::string& path);

// Makes the folders it needs.
std::optional<Error> WriteUserConfig(const std::string& path, std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_USER_FILE_H_
