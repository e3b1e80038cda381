// Tested by tests/tools/model/memory_use_test.cc.

#include "tools/model/memory_use.h"

#include <algorithm>

#include "tools/model/free_columns.h"

namespace glassheap::tools {
namespace {

using Bytes = std::optional<int64_t>;

Bytes Signed(const std::optional<uint64_t>& bytes) {
  return bytes ? Bytes(static_cast<int64_t>(*bytes)) : std::nullopt;
}

int64_t OrZero(const std::optional<uint64_t>& bytes) { return Signed(bytes).value_or(0); }

Bytes Less(const std::optional<uint64_t>& whole, int64_t part) {
  return whole ? Bytes(OrZero(whole) - part) : std::nullopt;
}

int64_t Dirty(const Meminfo& m) { return OrZero(m.dirty) + OrZero(m.writeback); }

// Cached holds shared memory as well; its pages are never dirty in the sense of Dirty.
Bytes CleanCache(const Meminfo& m) {
  return m.cached ? Bytes(OrZero(m.cached) + OrZero(m.buffers) - OrZero(m.shmem) - Dirty(m)) : std::nullopt;
}

Bytes DirtyCache(const Meminfo& m) { return m.dirty ? Bytes(Dirty(m)) : std::nullopt; }

// Kernels before 2.6.19 know only the sum.
Bytes UnreclaimableSlab(const Meminfo& m) {
  return m.unreclaimable_slab ? Signed(m.unreclaimable_slab) : Less(m.slab, OrZero(m.reclaimable_slab));
}

Bytes PageTables(const Meminfo& m) {
  return m.page_tables ? Bytes(OrZero(m.page_tables) + OrZero(m.secondary_page_tables)) : std::nullopt;
}

// Since 4.9 stacks are in vmalloc space. Before 5.3 (when Percpu was there, and KReclaimable) the figure was address
// space, or 0, and not memory.
Bytes Vmalloc(const Meminfo& m) {
  if (!m.kernel_reclaimable || !m.vmalloc_used) return std::nullopt;
  return std::max<int64_t>(OrZero(m.vmalloc_used) - OrZero(m.kernel_stacks), 0);
}

// Hugetlb counts all sizes; before 4.19 only those of the default size are known.
Bytes HugePages(const Meminfo& m) {
  if (m.hugetlb) return Signed(m.hugetlb);
  if (!m.huge_pages_total || !m.huge_page_bytes) return std::nullopt;
  uint64_t bytes = 0;
  const bool overflows = __builtin_mul_overflow(*m.huge_pages_total, *m.huge_page_bytes, &bytes);
  return overflows ? std::nullopt : Signed(bytes);
}

int64_t Sum(const std::vector<MemoryUseRow>& rows) {
  int64_t sum = 0;
  for (const MemoryUseRow& row : rows) {
    // A hostile meminfo may wrap around; the rest wraps back.
    sum = static_cast<int64_t>(static_cast<uint64_t>(sum) + static_cast<uint64_t>(row.bytes.value_or(0)));
  }
  return sum;
}

}  // namespace

std::optional<std::vector<MemoryUseRow>> MakeMemoryUse(const Meminfo& m, std::optional<uint64_t> zram) {
  if (!m.total || !m.free) return std::nullopt;
  std::vector<MemoryUseRow> rows = {
      {"anonymous", "anonymous", Signed(m.anonymous), "heaps, stacks, private data of processes"},
      {"shmem", "shared memory, tmpfs", Signed(m.shmem), "free counts it as used, and as cache too"},
      {"page_cache_clean", "page cache, clean", CleanCache(m), "files; goes when memory is wanted"},
      {"page_cache_dirty", "page cache, dirty", DirtyCache(m), "files; goes once it is written"},
      {"slab_reclaimable", "slab, reclaimable", Signed(m.reclaimable_slab), "kernel's: names, inodes"},
      {"slab_unreclaimable", "slab, other", UnreclaimableSlab(m), "kernel's objects"},
      {"kernel_reclaimable", "other reclaimable", Less(m.kernel_reclaimable, OrZero(m.reclaimable_slab)), "kernel's"},
      {"page_tables", "page tables", PageTables(m), "grow with mappings, not with RSS alone"},
      {"kernel_stacks", "kernel stacks", Signed(m.kernel_stacks), "one for each thread"},
      {"per_cpu", "per-CPU", Signed(m.per_cpu), "kernel's, one for each CPU"},
      {"vmalloc", "vmalloc", Vmalloc(m), "kernel's, without its stacks"},
      {"hugetlb", "huge pages", HugePages(m), "set aside (hugetlb), in use or not"},
      {"zswap", "zswap", Signed(m.zswap), "swap, compressed in memory"},
      {"zram", "zram", Signed(zram), "block devices, compressed in memory"},
      {"bounce", "bounce buffers", Signed(m.bounce), "for devices"},
      {"balloon", "balloon", Signed(m.balloon), "given back to the hypervisor"},
      {"broken", "broken", Signed(m.hardware_corrupted), "pages with memory errors"},
      {"free", "free", Signed(m.free), "used for nothing"},
  };
  const auto rest = static_cast<int64_t>(*m.total - static_cast<uint64_t>(Sum(rows)));
  rows.push_back({"unaccounted", "unaccounted", rest, "no counter: drivers, the kernel's own pages"});
  return rows;
}

std::optional<std::vector<UsedFormula>> MakeUsedFormulas(const Meminfo& meminfo) {
  if (!meminfo.total || !meminfo.free) return std::nullopt;
  const FreeColumns m = MakeFreeColumns(meminfo);
  const int64_t not_cache = m.total - m.free - m.buffers - m.cache;
  const int64_t older = not_cache < 0 ? m.total - m.free : not_cache;
  const int64_t htop = not_cache < 0 ? older : older - OrZero(meminfo.zswap);
  return std::vector<UsedFormula>{
      {"total_less_available", "total - available", "free since 4.0.1, memstat, btop", m.used},
      {"total_less_free_and_cache", "total - free - buffers - cache", "free 3.3.12 to 4.0.0, bottom", older},
      {"htop", "total - free - buffers - cache - zswap", "htop", htop},
      {"total_less_free", "total - free", "free up to 3.3.9, sysinfo(2)", m.total - m.free},
  };
}

}  // namespace glassheap::tools
