// Tested by tests/tools/model/process_group_test.cc.

#include "tools/model/process_group.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace glassheap::tools {
namespace {

struct GroupName {
  GroupBy by;
  const char* name;
};
constexpr GroupName kNames[] = {
    {GroupBy::kNone, "none"},
    {GroupBy::kUser, "user"},
    {GroupBy::kCommand, "command"},
    {GroupBy::kCgroup, "cgroup"},
};

const std::string& KeyOf(const Process& process, GroupBy by) {
  if (by == GroupBy::kUser) return process.user;
  return by == GroupBy::kCommand ? process.name : process.cgroup;
}

template <typename Number>
void Add(std::optional<Number>& sum, const std::optional<Number>& value) {
  if (value) sum = sum.value_or(0) + *value;
}

void AddClaim(int64_t& sum, int64_t claim) {
  if (__builtin_add_overflow(sum, claim, &sum)) sum = claim > 0 ? INT64_MAX : INT64_MIN;
}

void AddHeap(Process& group, const Process& member) {
  if (!member.heap) return;
  if (!group.heap) group.heap.emplace();
  ProcessHeap& sum = *group.heap;
  for (const auto figure : {&ProcessHeap::live, &ProcessHeap::cached, &ProcessHeap::fragmented, &ProcessHeap::released,
                            &ProcessHeap::page_heap_free, &ProcessHeap::mapped}) {
    AddClaim(sum.*figure, (*member.heap).*figure);
  }
  sum.caches += member.heap->caches;
}

void AddMember(Process& group, const Process& member) {
  for (const auto figure : {&Process::threads, &Process::rss, &Process::rss_anon, &Process::rss_file,
                            &Process::rss_shmem, &Process::swap, &Process::page_tables, &Process::pss, &Process::uss}) {
    Add(group.*figure, member.*figure);
  }
  for (const auto figure : {&Process::memory_percent, &Process::growth_per_minute, &Process::minor_faults_per_second,
                            &Process::major_faults_per_second, &Process::allocated_per_second, &Process::cpu_percent,
                            &Process::cpu_seconds}) {
    Add(group.*figure, member.*figure);
  }
  if (member.rank) group.rank = std::min(group.rank.value_or(UINT64_MAX), *member.rank);
  if (member.pss_age_seconds)
    group.pss_age_seconds = std::max(group.pss_age_seconds.value_or(0), *member.pss_age_seconds);
  AddHeap(group, member);
  ++group.members;
}

struct Group {
  Process sum;
  uint64_t without_pss = 0;  // members with memory
};

Group Start(const Process& first, GroupBy by) {
  Group group;
  const std::string& key = KeyOf(first, by);
  group.sum.name = key.empty() ? "-" : key;
  group.sum.command_line = group.sum.name;
  if (by == GroupBy::kUser) group.sum.user = key;
  if (by == GroupBy::kCgroup) group.sum.cgroup = key;
  group.sum.members = 0;
  return group;
}

Process Finish(Group group) {
  Process& sum = group.sum;
  const bool every_pss = sum.pss && group.without_pss == 0;
  if (every_pss) {
    sum.rss = sum.pss;
  } else {
    sum.shared_counted_often = sum.members > 1 && sum.rss.value_or(0) > 0;
    sum.pss.reset();  // a sum over some of the members says nothing
    sum.uss.reset();
  }
  return std::move(sum);
}

}  // namespace

const char* NameOf(GroupBy by) { return kNames[static_cast<size_t>(by)].name; }

std::optional<GroupBy> ParseGroupBy(std::string_view name) {
  for (const GroupName& known : kNames) {
    if (known.name == name) return known.by;
  }
  return std::nullopt;
}

std::vector<Process> GroupProcesses(std::span<const Process* const> processes, GroupBy by) {
  std::vector<Group> groups;
  std::unordered_map<std::string_view, size_t> index;
  for (const Process* process : processes) {
    const auto [entry, is_new] = index.emplace(KeyOf(*process, by), groups.size());
    if (is_new) groups.push_back(Start(*process, by));
    Group& group = groups[entry->second];
    AddMember(group.sum, *process);
    if (process->rss && !process->pss) ++group.without_pss;
  }
  std::vector<Process> sums;
  for (Group& group : groups) sums.push_back(Finish(std::move(group)));
  return sums;
}

}  // namespace glassheap::tools
