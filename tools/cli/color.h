// --color=auto|always|never. Order: the flag, then NO_COLOR (set and not
// empty), then TERM=dumb and whether the output is a terminal.

#ifndef GLASSHEAP_TOOLS_CLI_COLOR_H_
#define GLASSHEAP_TOOLS_CLI_COLOR_H_

#include <optional>
#include <string_view>

namespace glassheap::tools {

enum class ColorMode { kAuto, kAlways, kNever };

std::optional<ColorMode> ParseColorMode(std::string_view text);

// Whether output to fd may carry colour.
bool UseColor(ColorMode mode, int fd = 1);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_CLI_COLOR_H_
