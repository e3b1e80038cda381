// Tested by tests/tools/read/task_iterator_test.cc.

#include "tools/read/task_layout.h"

#include <algorithm>

#include "tools/read/kernel_types.h"

namespace glassheap::tools {
namespace {

// Takes offsets one after the other; ok() says at the end whether all were there.
class Finder {
 public:
  explicit Finder(const KernelTypes& types) : types_(types) {}

  KernelTypes::Member Member(uint32_t structure, std::string_view name) {
    const auto found = types_.FindMember(structure, name);
    if (!found) ok_ = false;
    return found.value_or(KernelTypes::Member{});
  }
  uint32_t operator()(uint32_t structure, std::string_view name) { return Member(structure, name).offset; }
  bool ok() const { return ok_; }

 private:
  const KernelTypes& types_;
  bool ok_ = true;
};

// What is loaded from the task has to be within reach of an instruction.
bool IsNear(const auto& task) {
  constexpr uint32_t kReach = INT16_MAX - sizeof(TaskLayout);
  return std::max({task.flags, task.pid, task.tgid, task.state, task.exit_state, task.comm}) < kReach;
}

// Since 6.2 an array of counters that have a part for each processor; before it a struct that holds an array of numbers.
bool FindCounters(const KernelTypes& types, uint32_t mm, uint32_t percpu_counter, TaskLayout& layout) {
  const auto stat = types.FindMember(mm, "rss_stat");
  if (!stat) return false;
  const uint32_t structure = types.StructOf(stat->type);
  const bool in_parts = structure != 0 && structure == percpu_counter;
  const auto count = types.FindMember(structure, "count");
  const auto parts = types.FindMember(structure, "counters");
  if (!count || (in_parts && !parts)) return false;
  const uint32_t counters = types.ElementsOf(in_parts ? stat->type : count->type);
  if (counters != kPageCounters) return false;
  const uint32_t step = in_parts ? types.BytesOf(structure) : sizeof(uint64_t);
  layout.mm.counters = stat->offset;
  layout.mm.in_parts = in_parts;
  layout.mm.counter_bytes = in_parts ? kPageCounters * step : types.BytesOf(structure);
  if (layout.mm.counter_bytes > kMostCounterBytes) return false;
  for (uint32_t i = 0; i < kPageCounters; ++i) {
    layout.mm.counts[i] = i * step + count->offset;
    layout.mm.parts[i] = i * step + (in_parts ? parts->offset : 0);
    const uint32_t last = std::max(layout.mm.counts[i], layout.mm.parts[i]);
    if (last + sizeof(uint64_t) > layout.mm.counter_bytes) return false;
  }
  return true;
}

}  // namespace

std::optional<TaskLayout> FindTaskLayout(std::string_view btf) {
  enum { kIterator, kTask, kSignal, kMm, kCred, kPid, kUpid, kMap, kCounter };
  KernelTypes::Wanted wanted[] = {
      {"bpf_iter_task", true}, {"task_struct"},   {"signal_struct"}, {"mm_struct"}, {"cred"}, {"pid"}, {"upid"},
      {"bpf_array"},           {"percpu_counter"}};
  const auto types = KernelTypes::Parse(btf, wanted);
  if (!types || wanted[kIterator].id == 0) return std::nullopt;
  const auto id = [&](int which) { return wanted[which].id; };
  Finder find(*types);
  TaskLayout layout;
  layout.iterator = id(kIterator);
  const bool since_5_14 = types->FindMember(id(kTask), "__state").has_value();
  const uint32_t task = id(kTask);
  layout.task = {.flags = find(task, "flags"),
                 .pid = find(task, "pid"),
                 .tgid = find(task, "tgid"),
                 .state = find(task, since_5_14 ? "__state" : "state"),
                 .exit_state = find(task, "exit_state"),
                 .comm = find(task, "comm"),
                 .real_parent = find(task, "real_parent"),
                 .signal = find(task, "signal"),
                 .real_cred = find(task, "real_cred"),
                 .mm = find(task, "mm"),
                 .thread_pid = find(task, "thread_pid"),
                 .cgroups = types->FindMember(task, "cgroups").value_or(KernelTypes::Member{}).offset};
  layout.signal = {.threads = find(id(kSignal), "nr_threads"), .oom_score_adj = find(id(kSignal), "oom_score_adj")};
  layout.cred_euid = find(id(kCred), "euid");
  layout.pid = {.level = find(id(kPid), "level"),
                .numbers = find(id(kPid), "numbers"),
                .number_bytes = types->BytesOf(id(kUpid)),
                .number = find(id(kUpid), "nr")};
  layout.mm.page_tables = find(id(kMm), "pgtables_bytes");
  layout.map_base = find(id(kMap), "pptrs");
  if (!find.ok() || !IsNear(layout.task) || !FindCounters(*types, id(kMm), id(kCounter), layout)) return std::nullopt;
  return layout;
}

}  // namespace glassheap::tools
