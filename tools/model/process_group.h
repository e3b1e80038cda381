// Processes summed up: by user, by command or by control group. Pure.
//
// Invariants:
//   (1) A sum is there when at least one member has the figure, and counts those that have it.
//   (2) RSS: when every member's PSS is known, rss is the sum of PSS: what is shared counts once. Else it is the sum of
//       RSS, and shared_counted_often says so: an upper bound.
//   (3) rank is the lowest of the members: who of them dies first. Scores and adjustments do not add up, and are absent.

#ifndef GLASSHEAP_TOOLS_MODEL_PROCESS_GROUP_H_
#define GLASSHEAP_TOOLS_MODEL_PROCESS_GROUP_H_

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tools/model/process.h"

namespace glassheap::tools {

enum class GroupBy { kNone, kUser, kCommand, kCgroup };

// "user", "command", "cgroup"; kNone is "none".
const char* NameOf(GroupBy by);
std::optional<GroupBy> ParseGroupBy(std::string_view name);

// One Process a group, with pid 0, in the order of their first members. The name of a group by user or control group is
// in `user` or `cgroup`, and in `name` and `command_line` in any case. REQUIRES: by is not kNone.
std::vector<Process> GroupProcesses(std::span<const Process* const> processes, GroupBy by);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_PROCESS_GROUP_H_
