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
  std::optional<uint64_t> anonymous;  // mapped by processes
  std::optional<uint64_t> dirty;
  std::optional<uint64_t> writeback;
  std::optional<uint64_t> slab;  // with reclaimable_slab
  std::optional<uint64_t> unreclaimable_slab;
  std::optional<uint64_t> kernel_reclaimable;  // with reclaimable_slab; since 4.20
  std::optional<uint64_t> page_tables;
  std::optional<uint64_t> secondary_page_tables;  // of virtual machines; since 6.1
  std::optional<uint64_t> kernel_stacks;
  std::optional<uint64_t> per_cpu;
  std::optional<uint64_t> vmalloc_used;
  std::optional<uint64_t> hugetlb;           // of all sizes; since 4.19
  std::optional<uint64_t> huge_pages_total;  // a count, of pages of huge_page_bytes
  std::optional<uint64_t> huge_page_bytes;
  std::optional<uint64_t> zswap;  // the compressed pool; since 5.19
  std::optional<uint64_t> bounce;
  std::optional<uint64_t> balloon;
  std::optional<uint64_t> hardware_corrupted;
};

Meminfo ParseMeminfo(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_MEMINFO_H_
