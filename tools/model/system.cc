// Tested by tests/tools/model/system_test.cc.

#include "tools/model/system.h"

namespace glassheap::tools {
namespace {

uint64_t Difference(uint64_t whole, uint64_t part) { return whole > part ? whole - part : 0; }

uint64_t Available(const Meminfo& meminfo) {
  const uint64_t said = meminfo.available.value_or(0);
  return said == 0 || said > *meminfo.total ? *meminfo.free : said;
}

}  // namespace

std::optional<SystemMemory> MakeSystemMemory(const Meminfo& meminfo) {
  if (!meminfo.total || !meminfo.free) return std::nullopt;
  SystemMemory memory;
  memory.total = *meminfo.total;
  memory.free = *meminfo.free;
  memory.available = Available(meminfo);
  memory.used =
      memory.available <= memory.total ? memory.total - memory.available : Difference(memory.total, memory.free);
  memory.shared = meminfo.shmem.value_or(0);
  memory.buffers = meminfo.buffers.value_or(0);
  memory.cache = meminfo.cached.value_or(0) + meminfo.reclaimable_slab.value_or(0);
  memory.swap_total = meminfo.swap_total.value_or(0);
  memory.swap_free = meminfo.swap_free.value_or(0);
  memory.swap_used = Difference(memory.swap_total, memory.swap_free);
  memory.high_total = meminfo.high_total.value_or(0);
  memory.high_free = meminfo.high_free.value_or(0);
  memory.low_total = meminfo.low_total.value_or(memory.total);
  memory.low_free = meminfo.low_free.value_or(memory.free);
  memory.commit_limit = meminfo.commit_limit.value_or(0);
  memory.committed = meminfo.committed.value_or(0);
  return memory;
}

}  // namespace glassheap::tools
