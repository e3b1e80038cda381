// /proc/vmstat: events since boot. A pure parser; what the kernel does not count is absent.

#ifndef GLASSHEAP_TOOLS_READ_VMSTAT_H_
#define GLASSHEAP_TOOLS_READ_VMSTAT_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace glassheap::tools {

struct Vmstat {
  std::optional<uint64_t> swapped_in_pages;
  std::optional<uint64_t> swapped_out_pages;
  std::optional<uint64_t> oom_kills;  // since Linux 4.13; of the whole machine, and in every memory cgroup
};

Vmstat ParseVmstat(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_VMSTAT_H_
