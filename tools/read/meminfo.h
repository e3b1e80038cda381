// /proc/meminfo. A pure parser: sizes in bytes; a line the kernel did not
// print, or that is no number, is absent.

#ifndef GLASSHEAP_TOOLS_READ_MEMINFO_H_
#define GLASSHEAP_TOOLS_READ_MEMINFO_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace glassheap::tools {

struct Meminfo {
  std::optional<uint64_t> total;
  std::optional<uint64_t> free;
  std::optional<uint64_t> available;  // since Linux 3.14
  std::optional<uint64_t> buffers;
  std::optional<uint64_t> cached;
  std::optional<uint64_t> shmem;
  std::optional<uint64_t> reclaimable_slab;
  std::optional<uint64_t> swap_total;
  std::optional<uint64_t> swap_free;
  std::optional<uint64_t> commit_limit;
  std::optional<uint64_t> committed;
  std::optional<uint64_t> high_total;  // 32-bit kernels only, as the next three
  std::optional<uint64_t> high_free;
  std::optional<uint64_t> low_total;
  std::optional<uint64_t> low_free;
};

Meminfo ParseMeminfo(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_MEMINFO_H_
