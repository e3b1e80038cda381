// Tested by tests/tools/memstat_test.cc.

#include "tools/run/system_survey.h"

#include <time.h>
#include <unistd.h>

#include "tools/read/vmstat.h"
#include "tools/run/heap_survey.h"
#include "tools/run/system_memory.h"

namespace glassheap::tools {
namespace {

double MonotonicSeconds() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::optional<uint64_t> InBytes(const std::optional<uint64_t>& pages) {
  uint64_t bytes = 0;
  if (!pages || __builtin_mul_overflow(*pages, static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)), &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

void TakeEvents(const Vmstat& vmstat, SystemReport& report) {
  report.swapped_in = InBytes(vmstat.swapped_in_pages);
  report.swapped_out = InBytes(vmstat.swapped_out_pages);
  report.oom_kills = vmstat.oom_kills;
}

}  // namespace

Result<SystemReport> SurveySystem(const Root& root) {
  const Result<Meminfo> meminfo = ReadMeminfo(root);
  if (!meminfo) return meminfo.error();
  SystemReport report;
  report.seconds = MonotonicSeconds();
  report.meminfo = *meminfo;
  report.columns = MakeFreeColumns(*meminfo);
  report.memory = *MakeSystemMemory(*meminfo);
  if (const auto cgroup = ReadMemoryCgroup(root)) {
    report.cgroup = MakeCgroupMemory(*cgroup, report.memory.total, report.memory.swap_total);
  }
  if (const auto text = root.ReadRecord("proc/pressure/memory")) report.pressure = ParsePressure(*text);
  if (const auto text = root.ReadFile("proc/vmstat")) TakeEvents(ParseVmstat(*text), report);
  report.heaps = SurveyHeaps(root);
  return report;
}

}  // namespace glassheap::tools
