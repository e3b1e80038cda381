// Tested by tests/tools/model/system_report_test.cc.

#include "tools/model/system_report.h"

namespace glassheap::tools {
namespace {

using Count = std::optional<uint64_t>;

Count Grown(const Count& before, const Count& now) {
  return before && now && *now >= *before ? Count(*now - *before) : std::nullopt;
}

// All columns: a sum or a flag among them would not compile here.
constexpr int64_t FreeColumns::*kColumns[] = {
    &FreeColumns::total,     &FreeColumns::used,         &FreeColumns::free,      &FreeColumns::shared,
    &FreeColumns::buffers,   &FreeColumns::cache,        &FreeColumns::available, &FreeColumns::swap_total,
    &FreeColumns::swap_used, &FreeColumns::swap_free,    &FreeColumns::low_total, &FreeColumns::low_used,
    &FreeColumns::low_free,  &FreeColumns::high_total,   &FreeColumns::high_used, &FreeColumns::high_free,
    &FreeColumns::committed, &FreeColumns::commit_limit,
};
static_assert(sizeof kColumns / sizeof kColumns[0] == sizeof(FreeColumns) / sizeof(int64_t));

void TakeCgroup(const CgroupMemory& before, const CgroupMemory& now, SystemDelta& delta) {
  if (before.path != now.path) return;
  delta.cgroup_oom_kills = Grown(before.oom_kills, now.oom_kills);
  if (before.working_set && now.working_set) {
    delta.cgroup_working_set = static_cast<int64_t>(*now.working_set - *before.working_set);
  }
}

}  // namespace

SystemDelta MakeSystemDelta(const SystemReport& before, const SystemReport& now) {
  SystemDelta delta;
  delta.seconds = now.seconds - before.seconds;
  for (const auto column : kColumns) delta.columns.*column = now.columns.*column - before.columns.*column;
  delta.swapped_in = Grown(before.swapped_in, now.swapped_in);
  delta.swapped_out = Grown(before.swapped_out, now.swapped_out);
  delta.oom_kills = Grown(before.oom_kills, now.oom_kills);
  if (before.pressure && now.pressure) {
    delta.some_us = Grown(before.pressure->some_total_us, now.pressure->some_total_us);
    delta.full_us = Grown(before.pressure->full_total_us, now.pressure->full_total_us);
  }
  if (before.cgroup && now.cgroup) TakeCgroup(*before.cgroup, *now.cgroup, delta);
  return delta;
}

}  // namespace glassheap::tools
