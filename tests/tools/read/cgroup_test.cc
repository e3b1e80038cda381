// On the captured trees of testdata/hosts, and live on the machine.

#include "tools/read/cgroup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kMi = 1 << 20;
constexpr uint64_t kGi = 1 << 30;

Root Host(const std::string& name) { return Root("testdata/hosts/" + name); }

MemoryCgroup Of(const std::string& host) {
  const Result<MemoryCgroup> cgroup = ReadMemoryCgroup(Host(host));
  EXPECT_TRUE(cgroup) << host << cgroup.error().Text();
  return cgroup ? *cgroup : MemoryCgroup{{}, {CgroupLevel()}, {}};
}

std::vector<std::string> Paths(const MemoryCgroup& cgroup) {
  std::vector<std::string> paths;
  for (const CgroupLevel& level : cgroup.levels) paths.push_back(level.path);
  return paths;
}

using Strings = std::vector<std::string>;

TEST(Cgroup, EveryAncestorOfV2) {
  const MemoryCgroup cgroup = Of("cgroup-v2-nested");
  EXPECT_EQ(cgroup.version, CgroupVersion::kV2);
  EXPECT_EQ(Paths(cgroup), (Strings{"/system.slice/api.service", "/system.slice", "/"}));
  const CgroupLevel& own = cgroup.levels[0];
  EXPECT_EQ(own.limit, 4 * kGi);
  EXPECT_EQ(own.high, 3 * kGi + 512 * kMi);
  EXPECT_EQ(own.usage, 3 * kGi + 300 * kMi);
  EXPECT_EQ(own.inactive_file, 400 * kMi);
  EXPECT_EQ(own.swap_limit, kGi);
  EXPECT_EQ(own.swap_usage, 64 * kMi);
  EXPECT_EQ(own.oom_kills, 1u);
  EXPECT_EQ(own.oom_group, 1u);
  EXPECT_EQ(cgroup.levels[1].limit, 6 * kGi);
  EXPECT_FALSE(cgroup.levels[1].high);  // "max"
  EXPECT_EQ(cgroup.levels[1].oom_kills, 3u);
  EXPECT_FALSE(cgroup.levels[2].limit);  // the root has no such file
  ASSERT_TRUE(cgroup.pressure);
  EXPECT_EQ(cgroup.pressure->some_avg10, 12.4);
}

TEST(Cgroup, APrivateNamespaceShowsItselfAsTheRoot) {
  const MemoryCgroup cgroup = Of("cgroup-v2-container");
  EXPECT_EQ(Paths(cgroup), Strings{"/"});
  EXPECT_EQ(cgroup.levels[0].limit, 256 * kMi);
  EXPECT_EQ(cgroup.levels[0].swap_limit, 0u);
  EXPECT_TRUE(cgroup.pressure);
}

TEST(Cgroup, ALeafWithoutTheControllerLeavesItToItsAncestors) {
  const MemoryCgroup cgroup = Of("cgroup-v2-delegated");
  ASSERT_EQ(cgroup.levels.size(), 6u);
  EXPECT_FALSE(cgroup.levels[0].usage);
  EXPECT_FALSE(cgroup.levels[1].usage);
  EXPECT_EQ(cgroup.levels[2].usage, 2 * kGi);  // the first that counts, though it sets no limit
  EXPECT_EQ(cgroup.levels[3].limit, 4 * kGi);
  EXPECT_FALSE(cgroup.levels[4].usage);  // it sets no limit and somebody below it counts
  EXPECT_TRUE(cgroup.pressure);
}

TEST(Cgroup, NothingLimits) {
  const MemoryCgroup cgroup = Of("cgroup-v2-unlimited");
  for (const CgroupLevel& level : cgroup.levels) EXPECT_FALSE(level.limit || level.high) << level.path;
  EXPECT_EQ(cgroup.levels[0].usage, 700 * kMi);
}

TEST(Cgroup, V1BesideAV2ThatHasNoMemory) {
  const MemoryCgroup cgroup = Of("cgroup-hybrid");
  EXPECT_EQ(cgroup.version, CgroupVersion::kV1);
  EXPECT_EQ(Paths(cgroup), (Strings{"/jobs/batch", "/jobs", "/"}));
  EXPECT_EQ(cgroup.levels[0].limit, 256 * kMi);
  EXPECT_EQ(cgroup.levels[0].hierarchical_limit, 256 * kMi);
  EXPECT_EQ(cgroup.levels[0].oom_kills, 0u);
  EXPECT_FALSE(cgroup.levels[0].memsw_limit);  // 9223372036854771712
  EXPECT_TRUE(cgroup.levels[0].memsw_usage);
  EXPECT_EQ(cgroup.levels[1].limit, 512 * kMi);
  EXPECT_FALSE(cgroup.levels[2].limit);
  EXPECT_TRUE(cgroup.pressure);  // from v2
}

TEST(Cgroup, AV1ContainerSeesThePartThatIsMounted) {
  const MemoryCgroup cgroup = Of("cgroup-v1-container");
  EXPECT_EQ(Paths(cgroup), Strings{"/kubepods/burstable/pod5c1/3f0c9a"});
  EXPECT_EQ(cgroup.levels[0].limit, 1536 * kMi);
  EXPECT_EQ(cgroup.levels[0].hierarchical_limit, kGi);  // of a parent we cannot see
  EXPECT_EQ(cgroup.levels[0].oom_kills, 4u);
  EXPECT_FALSE(cgroup.pressure);
}

TEST(Cgroup, WithoutAControllerItSaysSo) {
  const Result<MemoryCgroup> cgroup = ReadMemoryCgroup(Host("cgroup-none"));
  ASSERT_FALSE(cgroup);
  EXPECT_NE(cgroup.error().Text().find("no memory controller"), std::string::npos) << cgroup.error().Text();
  EXPECT_FALSE(ReadMemoryCgroup(Host("empty")));
}

TEST(Cgroup, AnotherProcess) {
  const Result<MemoryCgroup> cgroup = ReadMemoryCgroup(Host("cgroup-v2-nested"), 4242);
  ASSERT_TRUE(cgroup);
  EXPECT_EQ(cgroup->levels[0].path, "/system.slice/api.service");
  EXPECT_EQ(ReadMemoryCgroup(Host("cgroup-v2-nested"), 1).error().errno_value, ENOENT);
}

TEST(Cgroup, ByEitherPath) {
  for (const char* path : {"/system.slice", "system.slice/", "/sys/fs/cgroup/system.slice"}) {
    const Result<MemoryCgroup> cgroup = ReadMemoryCgroupAt(Host("cgroup-v2-nested"), path);
    ASSERT_TRUE(cgroup) << path << cgroup.error().Text();
    EXPECT_EQ(Paths(*cgroup), (Strings{"/system.slice", "/"})) << path;
  }
  const Result<MemoryCgroup> none = ReadMemoryCgroupAt(Host("cgroup-v2-nested"), "/system.slice/x");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().Text(),
            "/system.slice/x: no such cgroup in /sys/fs/cgroup; /proc/PID/cgroup has the one of a process");
  EXPECT_FALSE(ReadMemoryCgroupAt(Host("cgroup-v2-nested"), "/../proc"));
  EXPECT_FALSE(ReadMemoryCgroupAt(Host("cgroup-none"), "/"));
}

TEST(Cgroup, ProcessesOfASubtree) {
  Result<std::vector<pid_t>> pids = ListCgroupProcesses(Host("cgroup-v2-nested"), "/system.slice");
  ASSERT_TRUE(pids);
  std::sort(pids->begin(), pids->end());
  EXPECT_EQ(*pids, (std::vector<pid_t>{977, 4242, 4243}));
}

// Whatever the machine has: our own cgroup is found by both ways, and we are in it.
TEST(Cgroup, OfThisVeryProcess) {
  const Root root;
  const Result<MemoryCgroup> cgroup = ReadMemoryCgroup(root);
  if (!cgroup) GTEST_SKIP() << cgroup.error().Text();
  const std::string& path = cgroup->levels[0].path;
  const Result<MemoryCgroup> by_pid = ReadMemoryCgroup(root, ::getpid());
  ASSERT_TRUE(by_pid);
  EXPECT_EQ(by_pid->levels[0].path, path);
  const Result<std::vector<pid_t>> pids = ListCgroupProcesses(root, path);
  ASSERT_TRUE(pids) << pids.error().Text();
  EXPECT_NE(std::find(pids->begin(), pids->end(), ::getpid()), pids->end());
}

TEST(Cgroup, NonsenseIsAbsent) {
  FakeRoot fake;
  fake.Write("proc/self/cgroup", "0::/x\n");
  fake.Write("sys/fs/cgroup/x/memory.max", "-1\n");
  fake.Write("sys/fs/cgroup/x/memory.current", "12 kB\n");
  fake.Write("sys/fs/cgroup/x/memory.stat", "inactive_file\ninactive_file x\ninactive_filed 4\n");
  fake.Write("sys/fs/cgroup/x/memory.events", std::string("oom_kill 3\0\n", 12));
  const Result<MemoryCgroup> cgroup = ReadMemoryCgroup(fake.root());
  ASSERT_TRUE(cgroup);
  EXPECT_FALSE(cgroup->levels[0].limit);
  EXPECT_FALSE(cgroup->levels[0].usage);
  EXPECT_FALSE(cgroup->levels[0].inactive_file);
  EXPECT_FALSE(cgroup->levels[0].oom_kills);
}

}  // namespace
}  // namespace glassheap::tools
