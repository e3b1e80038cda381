#include "tools/read/process_extras.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "tests/support/fake_region.h"
#include "tests/support/fake_root.h"
#include "tests/support/idle_process.h"
#include "tools/read/region_probe.h"

namespace glassheap::tools {
namespace {

TEST(ProcessExtras, OfEachRequestWhatIsAskedFor) {
  FakeRoot fake;
  fake.AddProcess({.pid = 10, .rss_kib = 4, .command_line = std::string("a\0-b\0", 5)});
  fake.Write("proc/10/cgroup", "4:memory:/jobs\n0::/unified\n");
  fake.AddProcess({.pid = 11, .rss_kib = 4});
  const std::vector<ExtrasRequest> requests = {{11, 11}, {99, 99}, {10, 10}};
  const auto extras = ReadProcessExtras(fake.root(), requests, kReadCommandLine | kReadCgroup);
  ASSERT_EQ(extras.size(), 3u);
  EXPECT_EQ(extras[2].command_line, "a -b");
  EXPECT_EQ(extras[2].cgroup, "/jobs");
  EXPECT_EQ(extras[0].command_line + extras[1].command_line + extras[1].cgroup, "") << "none, and not there";
  EXPECT_EQ(ReadProcessExtras(fake.root(), requests, kReadCgroup)[2].command_line, "");
}

TEST(ProcessExtras, OneCgroupFileForAllOfASet) {
  FakeRoot fake;
  for (const int pid : {10, 11, 12}) {
    fake.AddProcess({.pid = pid, .rss_kib = 4});
    fake.Write("proc/" + std::to_string(pid) + "/cgroup", "0::/of " + std::to_string(pid) + "\n");
  }
  const std::vector<ExtrasRequest> requests = {
      {9, 9, false, 5}, {10, 10, false, 5}, {11, 11, false, 5}, {12, 12, false}};
  const auto extras = ReadProcessExtras(fake.root(), requests, kReadCgroup);
  EXPECT_EQ(extras[1].cgroup, "/of 10") << "the first of the set has gone";
  EXPECT_EQ(extras[2].cgroup, "/of 10");
  EXPECT_EQ(extras[3].cgroup, "/of 12");
}

TEST(ProcessExtras, ARegionWhereverItLiesWhenFewAreAskedFor) {
  const testing::IdleProcess child([] {
    FileDescriptor region = testing::MakeRegionFile(*testing::MakeFakeHeap(static_cast<uint64_t>(::getpid())));
    ::dup2(region.get(), 77);
    region.Close();
  });
  const std::vector<ExtrasRequest> few = {{child.pid(), child.pid()}};
  const std::vector<ExtrasRequest> many(10, few.front());
  EXPECT_TRUE(ReadProcessExtras(Root(), few, kReadRegion)[0].region);
  EXPECT_FALSE(ReadProcessExtras(Root(), many, kReadRegion)[9].region) << "only where it usually lies";
  EXPECT_FALSE(ReadProcessExtras(Root(), few, kReadCommandLine)[0].region) << "not asked for";
}

TEST(ProcessExtras, ARegionInItsUsualPlace) {
  const testing::IdleProcess child([] {
    FileDescriptor region = testing::MakeRegionFile(*testing::MakeFakeHeap(static_cast<uint64_t>(::getpid())));
    ::dup2(region.get(), abi::kRegionFdMin);
  });
  const std::vector<ExtrasRequest> many(10, {child.pid(), child.pid()});
  EXPECT_TRUE(ReadProcessExtras(Root(), many, kReadRegion)[9].region);
  const ProbedRegions probed = ProbeRegions(Root());
  EXPECT_TRUE(std::ranges::binary_search(probed.pids, child.pid()));
}

}  // namespace
}  // namespace glassheap::tools
