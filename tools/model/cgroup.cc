// Tested by tests/tools/model/cgroup_test.cc.

#include "tools/model/cgroup.h"

#include <algorithm>

namespace glassheap::tools {
namespace {

uint64_t Difference(uint64_t whole, uint64_t part) { return whole > part ? whole - part : 0; }

// Makes least the smaller of the two; true when it is other's.
bool TakeLower(std::optional<uint64_t>& least, const std::optional<uint64_t>& other) {
  if (!other || (least && *least <= *other)) return false;
  least = other;
  return true;
}

std::optional<uint64_t> WorkingSet(const CgroupLevel& level) {
  if (!level.usage) return std::nullopt;
  return Difference(*level.usage, level.inactive_file.value_or(0));
}

std::optional<uint64_t> SwapUsage(const CgroupLevel& level) {
  if (level.swap_usage) return level.swap_usage;
  if (!level.memsw_usage || !level.usage) return std::nullopt;
  return Difference(*level.memsw_usage, *level.usage);
}

std::optional<uint64_t> BelowRam(const std::optional<uint64_t>& limit, uint64_t ram) {
  return limit && *limit < ram ? limit : std::nullopt;
}

void TakeFigures(const CgroupLevel& level, CgroupMemory& memory) {
  memory.usage = level.usage;
  memory.working_set = WorkingSet(level);
  memory.swap_usage = SwapUsage(level);
  memory.oom_kills = level.oom_kills;
}

// The cgroup itself may have no figures: its memory controller is off, and its parent counts for it.
const CgroupLevel& NearestWithUsage(const std::vector<CgroupLevel>& levels) {
  const auto found = std::find_if(levels.begin(), levels.end(), [](const CgroupLevel& level) { return level.usage; });
  return found == levels.end() ? levels.front() : *found;
}

void TakeLevel(const CgroupLevel& level, uint64_t ram, CgroupMemory& memory) {
  const std::optional<uint64_t> limit = BelowRam(level.limit, ram);
  TakeLower(memory.high, BelowRam(level.high, ram));
  if (!limit) return;
  if (TakeLower(memory.limit, limit)) {
    memory.limit_path = level.path;
    TakeFigures(level, memory);
  }
  const std::optional<uint64_t> used = WorkingSet(level);
  if (used && TakeLower(memory.remaining, Difference(*limit, *used))) memory.remaining_path = level.path;
}

// v1 only: a limit above what we can see. Who else uses memory there is unknown, so the rest is an upper bound.
void TakeHierarchicalLimit(const CgroupLevel& own, uint64_t ram, CgroupMemory& memory) {
  if (!TakeLower(memory.limit, BelowRam(own.hierarchical_limit, ram))) return;
  memory.limit_path.reset();
  TakeFigures(own, memory);
  if (memory.working_set && TakeLower(memory.remaining, Difference(*memory.limit, *memory.working_set))) {
    memory.remaining_path.reset();
  }
}

std::optional<uint64_t> SwapLimit(const MemoryCgroup& cgroup, const CgroupMemory& memory, uint64_t swap) {
  std::optional<uint64_t> limit;
  std::optional<uint64_t> memsw = cgroup.levels.front().hierarchical_memsw;
  for (const CgroupLevel& level : cgroup.levels) {
    TakeLower(limit, level.swap_limit);
    TakeLower(memsw, level.memsw_limit);
  }
  if (memsw && memory.limit) TakeLower(limit, Difference(*memsw, *memory.limit));
  return limit ? std::optional(std::min(*limit, swap)) : std::nullopt;
}

}  // namespace

CgroupMemory MakeCgroupMemory(const MemoryCgroup& cgroup, uint64_t ram, uint64_t swap) {
  CgroupMemory memory;
  memory.version = cgroup.version;
  memory.path = cgroup.levels.front().path;
  TakeFigures(NearestWithUsage(cgroup.levels), memory);
  for (const CgroupLevel& level : cgroup.levels) TakeLevel(level, ram, memory);
  TakeHierarchicalLimit(cgroup.levels.front(), ram, memory);
  if (memory.high && memory.limit && *memory.high >= *memory.limit) memory.high.reset();
  memory.swap_limit = SwapLimit(cgroup, memory, swap);
  memory.pressure = cgroup.pressure;
  return memory;
}

}  // namespace glassheap::tools
