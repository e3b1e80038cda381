// Tested by tests/tools/run/top_sampler_test.cc.

#include "tools/run/top_sampler.h"

#include <time.h>

#include "tools/read/meminfo.h"

namespace glassheap::tools {
namespace {

double Now(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

Result<Machine> SampleMachine(const Root& root) {
  const Result<std::string> meminfo = root.ReadFile("proc/meminfo");
  if (!meminfo) return meminfo.error();
  const auto memory = MakeSystemMemory(ParseMeminfo(*meminfo));
  if (!memory) return Error{root.PathOf("proc/meminfo"), "has no MemTotal"};
  Machine machine;
  machine.memory = *memory;
  machine.realtime_seconds = Now(CLOCK_REALTIME);
  if (const auto text = root.ReadFile("proc/uptime")) machine.uptime_seconds = ParseUptime(*text);
  if (const auto text = root.ReadFile("proc/loadavg")) machine.load = ParseLoadAverage(*text);
  if (const auto text = root.ReadFile("proc/pressure/memory")) machine.pressure = ParsePressure(*text);
  return machine;
}

TopSampler::TopSampler(const Root& root, unsigned files) : root_(root), files_(files), reader_(root), users_(root) {}

Result<TopSample> TopSampler::Sample() {
  Result<Machine> machine = SampleMachine(root_);
  if (!machine) return machine.error();
  const Result<std::vector<ProcessSample>> samples = reader_.ReadAll(files_);
  if (!samples) return samples.error();
  TopSample sample;
  sample.machine = *std::move(machine);
  sample.processes = table_.Update(*samples, WholeMachine(sample.machine.memory), users_, Now(CLOCK_MONOTONIC));
  sample.machine.heaps = AddUpHeaps(sample.processes);
  sample.machine.tasks = sample.processes.size();
  sample.machine.hidden = reader_.hidden();
  return sample;
}

}  // namespace glassheap::tools
