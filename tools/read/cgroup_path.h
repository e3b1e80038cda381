// Where the memory cgroup of a process is: /proc/PID/cgroup says which it is, /proc/self/mountinfo says where we see it.
//
// Pure parsers (cgroups(7), proc(5)). Lines they do not understand are skipped.

#ifndef GLASSHEAP_TOOLS_READ_CGROUP_PATH_H_
#define GLASSHEAP_TOOLS_READ_CGROUP_PATH_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace glassheap::tools {

enum class CgroupVersion { kV1 = 1, kV2 = 2 };

// Paths within a hierarchy, "/system.slice/api.service". Relative to the reader's cgroup namespace: "/../x" is
// outside of it.
struct CgroupMembership {
  std::optional<std::string> memory_v1;  // of the v1 hierarchy that has the memory controller
  std::optional<std::string> unified;    // of the v2 hierarchy
};

CgroupMembership ParseCgroupMembership(std::string_view text);

// A mounted hierarchy that may hold figures of memory.
struct CgroupMount {
  CgroupVersion version = CgroupVersion::kV2;
  std::string root;   // what part of the hierarchy is mounted: "/" is all that the namespace shows
  std::string point;  // where: "/sys/fs/cgroup"
};

// Mounts of the v2 hierarchy and of the v1 hierarchy with the memory controller, in the order of the text.
std::vector<CgroupMount> ParseCgroupMounts(std::string_view mountinfo);

// Where distributions mount them, for a tree without a mountinfo.
std::vector<CgroupMount> UsualCgroupMounts();

// The mount of this version that shows path and the most of its ancestors; of two alike the later one, which covers
// the earlier. Where no mount shows path (it is outside of the namespace, or the container has only a part), the mount
// that shows a part: what is limited there limits us too.
const CgroupMount* ChooseCgroupMount(const std::vector<CgroupMount>& mounts, CgroupVersion version,
                                     std::string_view path);

// path as seen below the mount's point: "/system.slice" mounted at its root is "". Nothing when it is not below.
std::optional<std::string> PathBelowMount(const CgroupMount& mount, std::string_view path);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_CGROUP_PATH_H_
