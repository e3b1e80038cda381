// /proc/PID/smaps_rollup: a process' memory with what is shared divided among those that share. A pure parser; bytes.

#ifndef GLASSHEAP_TOOLS_READ_SMAPS_ROLLUP_H_
#define GLASSHEAP_TOOLS_READ_SMAPS_ROLLUP_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace glassheap::tools {

struct SmapsRollup {
  uint64_t rss = 0;
  uint64_t pss = 0;
  uint64_t private_bytes = 0;  // USS: clean and dirty pages that nobody else maps
};

// Nothing when there is no Pss line, as for a kernel thread.
std::optional<SmapsRollup> ParseSmapsRollup(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_SMAPS_ROLLUP_H_
