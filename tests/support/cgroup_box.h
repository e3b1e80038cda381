// A memory cgroup of a test's own, with a limit: processes join it, and the kernel kills in it when it is full. Gone
// when the object is, with every process in it.
//
// v1 and v2. Names carry our pid, so that tests may run beside each other; what a crashed test left is taken away by
// the next one.

#ifndef GLASSHEAP_TESTS_SUPPORT_CGROUP_BOX_H_
#define GLASSHEAP_TESTS_SUPPORT_CGROUP_BOX_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace glassheap::testing {

class CgroupBox {
 public:
  // Null, and why_not says why: not root, no memory cgroups, read-only.
  static std::unique_ptr<CgroupBox> Make(uint64_t limit_bytes, std::string& why_not);
  ~CgroupBox();
  CgroupBox(const CgroupBox&) = delete;
  CgroupBox& operator=(const CgroupBox&) = delete;

  // Moves the calling process in, or into a cgroup below, which is made when it is not there.
  void Join(const std::string& below = "") const;

  // OOM kills in it so far. Async-signal-safe enough for a forked child: no allocation.
  uint64_t Kills() const;

  const std::string& path() const { return path_; }      // as /proc/PID/cgroup has it
  const std::string& folder() const { return folder_; }  // where it is mounted

 private:
  CgroupBox(std::string path, std::string folder, bool v1);

  std::string path_;
  std::string folder_;
  bool v1_;
  int counter_;  // memory.oom_control or memory.events
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_CGROUP_BOX_H_
