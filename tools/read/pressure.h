// /proc/pressure/memory: the share of time in which tasks waited for memory.
// A pure parser.

#ifndef GLASSHEAP_TOOLS_READ_PRESSURE_H_
#define GLASSHEAP_TOOLS_READ_PRESSURE_H_

#include <optional>
#include <string_view>

namespace glassheap::tools {

// Percent. "some": at least one task waited; "full": all of them did.
struct Pressure {
  double some_avg10 = 0;
  double some_avg60 = 0;
  double full_avg10 = 0;
  double full_avg60 = 0;
};

// Nothing when either line is missing.
std::optional<Pressure> ParsePressure(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PRESSURE_H_
