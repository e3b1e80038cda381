#include "tools/read/cgroup_path.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(CgroupMembership, FindsTheMemoryControllerOfEitherVersion) {
  const CgroupMembership hybrid =
      ParseCgroupMembership("9:name=systemd:/init\n5:cpu,memory:/jobs/a:b\n4:memory_recursive:/no\n0::/unified\n");
  EXPECT_EQ(hybrid.memory_v1, "/jobs/a:b");
  EXPECT_EQ(hybrid.unified, "/unified");
  const CgroupMembership v2 = ParseCgroupMembership("0::/system.slice/api.service");
  EXPECT_FALSE(v2.memory_v1);
  EXPECT_EQ(v2.unified, "/system.slice/api.service");
}

TEST(CgroupMembership, SkipsWhatItDoesNotUnderstand) {
  for (const char* text : {"", "\n\n", "0::", "0::relative", "memory", ":::", "4:memory:", "0:memory"}) {
    const CgroupMembership membership = ParseCgroupMembership(text);
    EXPECT_FALSE(membership.memory_v1) << text;
    EXPECT_FALSE(membership.unified) << text;
  }
}

TEST(CgroupMounts, FindsTheTwoKinds) {
  const auto mounts = ParseCgroupMounts(
      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:5 master:2 - cgroup cgroup rw,memory\n"
      "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
      "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
      "41 31 0:38 /a\\040b /odd\\134place rw - cgroup2 none rw\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].version, CgroupVersion::kV1);
  EXPECT_EQ(mounts[0].point, "/sys/fs/cgroup/memory");
  EXPECT_EQ(mounts[1].version, CgroupVersion::kV2);
  EXPECT_EQ(mounts[1].root, "/a b");
  EXPECT_EQ(mounts[1].point, "/odd\\place");
}

TEST(CgroupMounts, SkipsWhatItDoesNotUnderstand) {
  for (const char* text : {"", " - cgroup2", "1 2 3 / - cgroup2 x rw", "1 2 3 x y rw - cgroup2 x rw",
                           "1 2 3 / /x rw - cgroup2x x rw", "1 2 3 / /x rw - cgroup x memory"}) {
    EXPECT_LE(ParseCgroupMounts(text).size(), std::string_view(text).ends_with(" memory") ? 1u : 0u) << text;
  }
}

TEST(PathBelowMount, IsWhatFollowsTheRoot) {
  const CgroupMount whole{CgroupVersion::kV2, "/", "/sys/fs/cgroup"};
  EXPECT_EQ(PathBelowMount(whole, "/"), "");
  EXPECT_EQ(PathBelowMount(whole, "/a/b"), "/a/b");
  EXPECT_FALSE(PathBelowMount(whole, "/../a"));  // outside of our namespace
  const CgroupMount part{CgroupVersion::kV1, "/docker/1", "/sys/fs/cgroup/memory"};
  EXPECT_EQ(PathBelowMount(part, "/docker/1"), "");
  EXPECT_EQ(PathBelowMount(part, "/docker/1/x"), "/x");
  EXPECT_FALSE(PathBelowMount(part, "/docker/12"));
  EXPECT_FALSE(PathBelowMount(part, "/"));
}

TEST(ChooseCgroupMount, PrefersTheOneThatShowsMost) {
  const std::vector<CgroupMount> mounts = {{CgroupVersion::kV2, "/a/b", "/part"},
                                           {CgroupVersion::kV2, "/", "/first"},
                                           {CgroupVersion::kV2, "/", "/over"},
                                           {CgroupVersion::kV1, "/", "/v1"},
                                           {CgroupVersion::kV2, "/x", "/other"}};
  EXPECT_EQ(ChooseCgroupMount(mounts, CgroupVersion::kV2, "/a/b/c")->point, "/over");
  EXPECT_EQ(ChooseCgroupMount(mounts, CgroupVersion::kV1, "/a/b/c")->point, "/v1");
  const std::vector<CgroupMount> parts = {mounts[4], mounts[0]};
  EXPECT_EQ(ChooseCgroupMount(parts, CgroupVersion::kV2, "/a/b/c")->point, "/part");
  EXPECT_EQ(ChooseCgroupMount(parts, CgroupVersion::kV1, "/a/b/c"), nullptr);
  EXPECT_NE(ChooseCgroupMount(parts, CgroupVersion::kV2, "/../q"), nullptr);  // better than nothing
}

}  // namespace
}  // namespace glassheap::tools
