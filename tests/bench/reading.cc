// What reading one process costs the reader, step by step: reading PID [ROUNDS]. Microseconds of CPU time of this thread's
// process (the exact tier reads in a thread of its own) and of wall time, the median of the rounds.

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tools/model/heap.h"
#include "tools/read/mappings.h"
#include "tools/read/page_scan.h"
#include "tools/read/region_attach.h"
#include "tools/read/region_reader.h"
#include "tools/read/span_table.h"
#include "tools/read/stack_pointers.h"
#include "tools/run/heap_survey.h"
#include "tools/run/process_lookup.h"

namespace glassheap::tools {
namespace {

double Microseconds(clockid_t clock) {
  timespec now = {};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Returns the CPU time.
template <typename Step>
double Measure(const char* name, int rounds, Step step) {
  std::vector<double> cpu, wall;
  for (int i = 0; i < rounds; ++i) {
    const double cpu_before = Microseconds(CLOCK_PROCESS_CPUTIME_ID);
    const double wall_before = Microseconds(CLOCK_MONOTONIC);
    step();
    wall.push_back(Microseconds(CLOCK_MONOTONIC) - wall_before);
    cpu.push_back(Microseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_before);
  }
  std::printf("%-52s %10.1f us CPU  %10.1f us wall\n", name, Median(cpu), Median(wall));
  return Median(cpu);
}

std::vector<PageRange> Ranges(const Directory& process) {
  std::vector<PageRange> ranges;
  const Result<std::vector<Mapping>> mappings = ReadMappings(process, false);
  if (!mappings) return ranges;
  for (const Mapping& mapping : *mappings) {
    if (mapping.path != "[vsyscall]") ranges.push_back({mapping.start, mapping.end});
  }
  return ranges;
}

int Run(pid_t pid, int rounds) {
  const Root root;
  const Result<Directory> process = root.OpenDirectory("proc/" + std::to_string(pid));
  if (!process) return std::fprintf(stderr, "reading: %s\n", process.error().Text().c_str()), 1;
  const Result<AttachedRegion> region = AttachRegion(*process, pid);
  if (!region) return std::fprintf(stderr, "reading: %s\n", region.error().Text().c_str()), 1;
  const std::vector<PageRange> ranges = Ranges(*process);
  std::printf("-- the heap, as it says itself\n");
  Measure("status", rounds, [&] { (void)OpenProcess(root, pid); });
  Measure("find the region among its files, and read it", rounds, [&] { (void)AttachRegion(*process, pid); });
  Measure("region, kept open, to tiers: memtop's look", rounds, [&] { (void)MakeHeap(*ReadRegion(region->fd.get())); });
  Measure("threads' list lengths (exact)", rounds, [&] { (void)ReadThreadLists(pid, region->image); });
  Measure("all of these: tiers, exact", rounds, [&] { (void)ReportHeap(root, pid, {.pages = false}); });
  std::printf("-- and which of its pages are there\n");
  Measure("maps", rounds, [&] { (void)Ranges(*process); });
  Measure("stack pointers of its threads", rounds, [&] { (void)ReadStackPointers(*process); });
  const double pages = Measure("page scan", rounds, [&] { (void)ScanPages(*process, ranges); });
  const double rollup = Measure("smaps_rollup", rounds, [&] { (void)process->ReadFile("smaps_rollup"); });
  Measure("span table (exact)", rounds, [&] { (void)ReadSpanTable(pid, region->image); });
  const double full = Measure("memstat heap in full", rounds, [&] { (void)ReportHeap(root, pid); });
  std::printf("%-52s %10.1f us CPU\n", "less the kernel's two walks over the pages", full - pages - rollup);
  return 0;
}

}  // namespace
}  // namespace glassheap::tools

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: reading PID [ROUNDS]\n"), 2;
  return glassheap::tools::Run(std::atoi(argv[1]), argc > 2 ? std::max(1, std::atoi(argv[2])) : 200);
}
