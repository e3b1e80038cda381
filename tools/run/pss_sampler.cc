// Tested by tests/tools/run/pss_sampler_test.cc.

#include "tools/run/pss_sampler.h"

#include <algorithm>
#include <optional>

#include "tools/read/smaps_rollup.h"

namespace glassheap::tools {
namespace {

constexpr std::chrono::milliseconds kPatience{2000};  // of one read: enough for some 150 GiB
constexpr size_t kAtOnce = 64;

uint64_t RequestId(pid_t pid) { return static_cast<uint64_t>(pid); }

}  // namespace

bool PssSampler::Ask(const Process& process, ProcessReader& reader, std::vector<SlowReader::Request>& requests) {
  Known& known = known_[process.pid];
  if (known.incarnation != process.incarnation) known = Known{.incarnation = process.incarnation};
  if (known.asked || known.refused || !process.rss) return false;
  auto directory = reader.DirectoryOf(process.pid, process.incarnation);
  if (directory == nullptr) return false;
  known.asked = true;
  requests.push_back({RequestId(process.pid), std::move(directory), "smaps_rollup", 4096});
  return true;
}

void PssSampler::Measure(const std::vector<const Process*>& processes, ProcessReader& reader, double) {
  credit_ = std::min(credit_ + kBudgetSeconds, kBudgetSeconds);
  if (credit_ <= 0 || slow_.waiting() > 0) return;
  std::vector<const Process*> order;
  for (const Process* process : processes) {
    if (process->rss.value_or(UINT64_MAX) < kTooLarge) order.push_back(process);
  }
  const auto age = [&](const Process* process) {
    const auto found = known_.find(process->pid);
    return found == known_.end() || found->second.incarnation != process->incarnation ? -1e9 : found->second.measured;
  };
  std::ranges::stable_sort(order, {}, age);
  std::vector<SlowReader::Request> requests;
  double expected = 0;  // 12 ms for each GiB, and 50 us
  for (const Process* process : order) {
    const double cost = 50e-6 + static_cast<double>(process->rss.value_or(0)) * (12e-3 / (1 << 30));
    if (requests.size() == kAtOnce || (expected > 0 && expected + cost > credit_)) break;
    if (Ask(*process, reader, requests)) expected += cost;
  }
  slow_.Ask(std::move(requests));
}

void PssSampler::MeasureNow(const Process& process, ProcessReader& reader) {
  std::vector<SlowReader::Request> requests;
  known_[process.pid].refused = false;
  Ask(process, reader, requests);
  slow_.Ask(std::move(requests));
  wait_ = true;
}

void PssSampler::Take(const SlowReader::Answer& answer, double now) {
  Known& known = known_[static_cast<pid_t>(answer.id)];
  known.asked = false;
  credit_ -= answer.seconds;
  const auto rollup = answer.error == 0 ? ParseSmapsRollup(answer.text) : std::nullopt;
  known.refused = !rollup;
  if (!rollup) return;
  known.pss = rollup->pss;
  known.uss = rollup->private_bytes;
  known.measured = now;
}

void PssSampler::Collect(std::vector<Process>& processes, double now, bool whole) {
  const bool wait = whole || wait_;
  wait_ = false;
  for (const SlowReader::Answer& answer : wait ? slow_.Collect(kPatience) : slow_.CollectReady(kPatience)) {
    Take(answer, now);
  }
  if (known_.empty()) return;
  std::unordered_map<pid_t, Known> kept;
  for (Process& process : processes) {
    const auto found = known_.find(process.pid);
    if (found == known_.end() || found->second.incarnation != process.incarnation) continue;
    const Known& known = found->second;
    process.pss = known.pss;
    process.uss = known.uss;
    if (known.pss) process.pss_age_seconds = std::max(0.0, now - known.measured);
    kept.emplace(process.pid, known);
  }
  known_ = std::move(kept);
}

}  // namespace glassheap::tools
