#include "tools/read/region_probe.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "tests/support/fake_region.h"
#include "tests/support/fake_root.h"
#include "tests/support/idle_process.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::IdleProcess;
using glassheap::testing::MakeFakeHeap;
using glassheap::testing::MakeRegionFile;

// Holds a region at `number` alone, and may have `limit` descriptors.
IdleProcess WithRegionAt(int number, rlim_t limit) {
  return IdleProcess([number, limit] {
    {
      const FileDescriptor file = MakeRegionFile(*MakeFakeHeap(static_cast<uint64_t>(::getpid())));
      ::dup2(file.get(), number);
    }
    const rlimit few = {limit, limit};
    ::setrlimit(RLIMIT_NOFILE, &few);
  });
}

bool IsFound(const Root& root, pid_t pid) {
  const ProbedRegions probed = ProbeRegions(root);
  return std::ranges::find(probed.pids, pid) != probed.pids.end();
}

TEST(RegionProbe, WhereTheAllocatorPutsItUnderEachLimit) {
  EXPECT_TRUE(IsFound(Root(), WithRegionAt(900, 1024).pid()));
  EXPECT_TRUE(IsFound(Root(), WithRegionAt(200, 900).pid()));
  EXPECT_TRUE(IsFound(Root(), WithRegionAt(200, 300).pid()));
  EXPECT_TRUE(IsFound(Root(), WithRegionAt(50, 60).pid()));
}

TEST(RegionProbe, NotInOtherProcesses) {
  const IdleProcess child([] { ::dup2(0, 900); });
  EXPECT_FALSE(IsFound(Root(), child.pid()));
}

// pid 2, its only child 3, and 4, a process; 3 and 4 hold what is named like a region.
class Machine {
 public:
  explicit Machine(bool pid_2_is_kthreadd) {
    root_.AddProcess({.pid = 2, .name = "kthreadd", .ppid = 0, .kernel_thread = pid_2_is_kthreadd});
    root_.Write("proc/2/task/2/children", "3 ");
    for (const pid_t pid : {3, 4}) {
      root_.AddProcess({.pid = pid});
      const std::string place = "proc/" + std::to_string(pid) + "/fd/900";
      root_.Write(place, "");
      root_.Remove(place);
      EXPECT_EQ(::symlink("/memfd:glassheap (deleted)", root_.PathOf(place).c_str()), 0);
    }
  }

  const Root& root() const { return root_.root(); }

 private:
  FakeRoot root_;
};

TEST(RegionProbe, KernelThreadsAreNotLookedAt) {
  const Machine machine(true);
  EXPECT_FALSE(IsFound(machine.root(), 3));
  EXPECT_TRUE(IsFound(machine.root(), 4));
}

// A container's pid 2 is somebody's program.
TEST(RegionProbe, ChildrenOfAnyOtherPid2Are) {
  const Machine machine(false);
  EXPECT_TRUE(IsFound(machine.root(), 3));
  EXPECT_TRUE(IsFound(machine.root(), 4));
}

}  // namespace
}  // namespace glassheap::tools
