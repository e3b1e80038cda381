// Who dies when memory runs out, in the order of dying, and what that gives back. Pure.
//
// The kernel chooses among the processes of a domain: the machine's, those that may use some memory nodes, or those of
// the memory cgroup that is full and of the cgroups below it. In a cgroup an adjustment weighs thousandths of its limit.
//
// What cannot be seen from outside: processes in the middle of vfork, and those that are dying already; the kernel
// passes over them.

#ifndef GLASSHEAP_TOOLS_MODEL_OOM_FORECAST_H_
#define GLASSHEAP_TOOLS_MODEL_OOM_FORECAST_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/model/oom.h"
#include "tools/model/oom_guard.h"
#include "tools/model/process.h"

namespace glassheap::tools {

struct OomDomain {
  enum class Kind { kMachine, kNodes, kCgroup };
  Kind kind = Kind::kMachine;
  std::string name;               // of the cgroup, as /proc/PID/cgroup has it; the list of nodes
  OomScope scope;                 // what badness is measured against
  std::optional<uint64_t> limit;  // the same in bytes; absent: a cgroup without a limit
  std::optional<uint64_t> usage;
};

// One process that the kernel may choose.
struct OomTask {
  Process process;                        // badness measured in the domain's scope
  std::string cgroup;                     // its memory cgroup
  std::optional<std::string> kill_group;  // memory.oom.group: the cgroup that dies whole with it
  uint64_t memory_id = 0;                 // the same for processes that share their memory; 0: its own alone
};

struct OomDeath {
  Process process;
  uint64_t frees_bytes = 0;               // anonymous memory, page tables and swap of all that die
  std::vector<pid_t> also;                // die with it: they share its memory, or its cgroup dies whole
  std::optional<std::string> kill_group;  // the latter
};

// What may keep the kernel from choosing as foretold.
struct OomPolicy {
  int panic_on_oom = 0;  // vm.panic_on_oom; 1 spares OOMs of cgroups and nodes
  bool kill_allocating_task = false;
  bool kill_disabled = false;  // v1: the cgroup's processes wait
};

struct OomForecast {
  OomDomain domain;
  OomPolicy policy;
  std::vector<OomDeath> deaths;        // the first is the victim, the others are next
  uint64_t candidates = 0;             // that may be killed
  uint64_t spared = 0;                 // by -1000, or init; kernel threads are not counted
  uint64_t on_other_nodes = 0;         // left out by their cpuset
  bool others_hidden = false;          // hidepid: only the caller's own processes were seen
  bool nodes_matter = false;           // some processes of the domain may use other nodes than others
  std::optional<pid_t> allocating;     // who asks for memory, where that was given
  std::optional<std::string> tighter;  // an ancestor cgroup that has less room left: it will be full first
  std::vector<OomGuard> guards;        // programs here that kill before the kernel does
};

// The first `count` deaths. Tasks are in the kernel's order: of two equals the later is chosen.
std::vector<OomDeath> ForetellDeaths(std::vector<OomTask> tasks, size_t count, OomRule rule = OomRule::kSince5_9);

// What the death of one process gives back; an upper bound, as pages may be shared with a forked relative.
uint64_t FreedBytes(const Process& process);

// Whether a cgroup is the other or below it.
bool IsWithinCgroup(std::string_view path, std::string_view ancestor);

// "0-1,4" of Mems_allowed_list. Nodes past 1023 are left out.
std::vector<unsigned> ParseNodeList(std::string_view text);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_OOM_FORECAST_H_
