// /proc/loadavg and /proc/uptime. Pure parsers.

#ifndef GLASSHEAP_TOOLS_READ_LOAD_H_
#define GLASSHEAP_TOOLS_READ_LOAD_H_

#include <array>
#include <optional>
#include <string_view>

namespace glassheap::tools {

using LoadAverage = std::array<double, 3>;  // over 1, 5 and 15 minutes

std::optional<LoadAverage> ParseLoadAverage(std::string_view text);

// Seconds since boot.
std::optional<double> ParseUptime(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_LOAD_H_
