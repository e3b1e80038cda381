// Pressure stall information: /proc/pressure/memory, and memory.pressure of a cgroup. A pure parser.

#ifndef GLASSHEAP_TOOLS_READ_PRESSURE_H_
#define GLASSHEAP_TOOLS_READ_PRESSURE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace glassheap::tools {

// Percent of the last 10, 60 and 300 seconds in which tasks waited for memory, and microseconds since boot.
// "some": at least one task waited; "full": all of them did.
struct Pressure {
  double some_avg10 = 0;
  double some_avg60 = 0;
  double full_avg10 = 0;
  double full_avg60 = 0;
  std::optional<double> some_avg300 = {};
  std::optional<double> full_avg300 = {};
  std::optional<uint64_t> some_total_us = {};
  std::optional<uint64_t> full_total_us = {};
};

// Nothing when either line is missing, or an average of 10 or 60 seconds is no
// number from 0 to 100.
std::optional<Pressure> ParsePressure(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_PRESSURE_H_
