// Tested by tests/tools/model/system_test.cc.

#include "tools/model/system.h"

#include <algorithm>

#include "tools/model/free_columns.h"

namespace glassheap::tools {
namespace {

uint64_t AtLeastZero(int64_t bytes) { return static_cast<uint64_t>(std::max<int64_t>(bytes, 0)); }

}  // namespace

std::optional<SystemMemory> MakeSystemMemory(const Meminfo& meminfo) {
  if (!meminfo.total || !meminfo.free) return std::nullopt;
  const FreeColumns columns = MakeFreeColumns(meminfo);
  SystemMemory memory;
  memory.total = AtLeastZero(columns.total);
  memory.used = AtLeastZero(columns.used);
  memory.free = AtLeastZero(columns.free);
  memory.shared = AtLeastZero(columns.shared);
  memory.buffers = AtLeastZero(columns.buffers);
  memory.cache = AtLeastZero(columns.cache);
  memory.available = AtLeastZero(columns.available);
  memory.swap_total = AtLeastZero(columns.swap_total);
  memory.swap_used = AtLeastZero(columns.swap_used);
  memory.swap_free = AtLeastZero(columns.swap_free);
  return memory;
}

}  // namespace glassheap::tools
