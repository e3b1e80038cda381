// Tested by tests/tools/run/top_sampler_test.cc.

#include "tools/run/top_sampler.h"

#include <time.h>

#include "tools/model/cgroup.h"
#include "tools/read/cgroup.h"
#include "tools/run/system_memory.h"

namespace glassheap::tools {
namespace {

double Now(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void AddShares(uint64_t total, std::vector<Process>& processes) {
  for (Process& process : processes) {
    if (process.rss && total > 0) {
      process.memory_percent = 100.0 * static_cast<double>(*process.rss) / static_cast<double>(total);
    }
  }
}

}  // namespace

Result<Machine> SampleMachine(const Root& root) {
  const Result<SystemMemory> memory = ReadSystemMemory(root);
  if (!memory) return memory.error();
  Machine machine;
  machine.memory = *memory;
  machine.realtime_seconds = Now(CLOCK_REALTIME);
  if (const auto text = root.ReadFile("proc/uptime")) machine.uptime_seconds = ParseUptime(*text);
  if (const auto text = root.ReadFile("proc/loadavg")) machine.load = ParseLoadAverage(*text);
  if (const auto text = root.ReadFile("proc/pressure/memory")) machine.pressure = ParsePressure(*text);
  if (const auto cgroup = ReadMemoryCgroup(root)) {
    CgroupMemory memory = MakeCgroupMemory(*cgroup, machine.memory.total, machine.memory.swap_total);
    if (memory.limit) machine.cgroup = std::move(memory);
  }
  machine.monotonic_seconds = Now(CLOCK_MONOTONIC);
  if (!root.is_machine() && machine.uptime_seconds) machine.monotonic_seconds = *machine.uptime_seconds;
  return machine;
}

TopSampler::TopSampler(const Root& root) : root_(root), reader_(root), users_(root) {}

Result<TopSample> TopSampler::Sample(unsigned files) {
  Result<Machine> machine = SampleMachine(root_);
  if (!machine) return machine.error();
  const Result<std::vector<ProcessSample>> samples = reader_.ReadAll(files);
  if (!samples) return samples.error();
  TopSample sample;
  sample.machine = *std::move(machine);
  sample.processes =
      table_.Update(*samples, WholeMachine(sample.machine.memory), users_, sample.machine.monotonic_seconds);
  AddShares(sample.machine.memory.total, sample.processes);
  sample.machine.heaps = AddUpHeaps(sample.processes);
  sample.machine.tasks = sample.processes.size();
  sample.machine.hidden = reader_.hidden();
  return sample;
}

}  // namespace glassheap::tools
