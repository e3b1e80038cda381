#include "tools/read/region_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/fake_region.h"
#include "tests/support/idle_process.h"
#include "tools/read/root.h"

namespace glassheap::tools {
namespace {

// A child holds a region at fd 900, or at another number, as a process under glassheap does.
std::unique_ptr<testing::IdleProcess> ChildWithRegion(int number) {
  return std::make_unique<testing::IdleProcess>([number] {
    FileDescriptor region = testing::MakeRegionFile(*testing::MakeFakeHeap(static_cast<uint64_t>(::getpid())));
    ::dup2(region.get(), number);
    region.Close();
  });
}

Directory OpenProcess(pid_t pid) { return *Root().OpenDirectory("proc/" + std::to_string(pid)); }

TEST(RegionWatch, FindsARegionWhereItUsuallyLies) {
  const auto child = ChildWithRegion(abi::kRegionFdMin);
  const Directory process = OpenProcess(child->pid());
  RegionWatch watch;
  for (int refresh = 0; refresh < 3; ++refresh) {
    const auto image = watch.Read(process, "name", child->pid());
    ASSERT_TRUE(image);
    EXPECT_EQ(image->header().pid, static_cast<uint64_t>(child->pid()));
  }
}

TEST(RegionWatch, FindsARegionElsewhere) {
  const auto child = ChildWithRegion(57);
  const Directory process = OpenProcess(child->pid());
  RegionWatch watch;
  EXPECT_TRUE(watch.Read(process, "name", child->pid()));
  EXPECT_TRUE(watch.Read(process, "name", child->pid())) << "and finds it again";
}

TEST(RegionWatch, NothingInAProcessWithoutOne) {
  const testing::IdleProcess child;
  const Directory process = OpenProcess(child.pid());
  RegionWatch watch;
  EXPECT_FALSE(watch.Read(process, "name", child.pid()));
  EXPECT_FALSE(watch.Read(process, "name", child.pid()));
}

TEST(RegionWatch, AnotherProcessRegionIsNotTaken) {
  const auto child = ChildWithRegion(abi::kRegionFdMin);
  const Directory process = OpenProcess(child->pid());
  RegionWatch watch;
  EXPECT_FALSE(watch.Read(process, "name", child->pid() + 1)) << "a fork that holds its parent's";
  EXPECT_TRUE(watch.Read(process, "name", child->pid())) << "tried again as long as one lies there";
}

TEST(RegionWatch, GivesUpARegionThatTheProcessLost) {
  auto child = ChildWithRegion(abi::kRegionFdMin);
  RegionWatch watch;
  EXPECT_TRUE(watch.Read(OpenProcess(child->pid()), "name", child->pid()));
  const testing::IdleProcess other;  // stands for what was executed: no region
  EXPECT_FALSE(watch.Read(OpenProcess(other.pid()), "name", other.pid()));
}

TEST(RegionWatch, SaysWhyThereIsNone) {
  const testing::IdleProcess without;
  RegionWatch watch;
  EXPECT_FALSE(watch.Read(OpenProcess(without.pid()), "name", without.pid()));
  EXPECT_EQ(watch.sight(), RegionSight::kNone);

  const testing::IdleProcess broken([] {
    auto region = testing::MakeFakeHeap(static_cast<uint64_t>(::getpid()));
    region->header.toc_count = 1000;
    const FileDescriptor file = testing::MakeRegionFile(*region);
    ::dup2(file.get(), abi::kRegionFdMin);
  });
  RegionWatch other;
  for (int refresh = 0; refresh < 2; ++refresh) {
    EXPECT_FALSE(other.Read(OpenProcess(broken.pid()), "name", broken.pid()));
    EXPECT_EQ(other.sight(), RegionSight::kUnreadable) << refresh;
  }

  const auto good = ChildWithRegion(abi::kRegionFdMin);
  RegionWatch third;
  EXPECT_TRUE(third.Read(OpenProcess(good->pid()), "name", good->pid()));
  EXPECT_EQ(third.sight(), RegionSight::kSeen);
}

}  // namespace
}  // namespace glassheap::tools
