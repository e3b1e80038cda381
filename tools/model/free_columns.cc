// Tested by tests/tools/model/system_test.cc and tests/end_to_end/free_test.cc.

#include "tools/model/free_columns.h"

#include <algorithm>
#include <optional>

namespace glassheap::tools {
namespace {

int64_t OrZero(const std::optional<uint64_t>& bytes) { return static_cast<int64_t>(bytes.value_or(0)); }

int64_t Used(int64_t total, int64_t free) { return std::max<int64_t>(total - free, 0); }

}  // namespace

FreeColumns MakeFreeColumns(const Meminfo& meminfo) {
  FreeColumns columns;
  columns.total = OrZero(meminfo.total);
  columns.free = OrZero(meminfo.free);
  columns.available = OrZero(meminfo.available);
  if (columns.available == 0 || columns.available > columns.total) columns.available = columns.free;
  columns.used = columns.total - columns.available;
  columns.shared = OrZero(meminfo.shmem);
  columns.buffers = OrZero(meminfo.buffers);
  columns.cache = OrZero(meminfo.cached) + OrZero(meminfo.reclaimable_slab);
  columns.swap_total = OrZero(meminfo.swap_total);
  columns.swap_free = OrZero(meminfo.swap_free);
  columns.swap_used = Used(columns.swap_total, columns.swap_free);
  columns.high_total = OrZero(meminfo.high_total);
  columns.high_free = OrZero(meminfo.high_free);
  columns.high_used = Used(columns.high_total, columns.high_free);
  columns.low_total = OrZero(meminfo.low_total);
  columns.low_free = OrZero(meminfo.low_free);
  if (columns.low_total == 0) {  // every kernel of 64 bit: all memory is low
    columns.low_total = columns.total;
    columns.low_free = columns.free;
  }
  columns.low_used = Used(columns.low_total, columns.low_free);
  columns.commit_limit = OrZero(meminfo.commit_limit);
  columns.committed = OrZero(meminfo.committed);
  return columns;
}

}  // namespace glassheap::tools
