#include "tools/read/region_attach.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::MakeFakeHeap;
using glassheap::testing::MakeRegionFile;

Result<AttachedRegion> AttachSelf() { return AttachRegion(*Root().OpenDirectory("proc/self"), ::getpid()); }

uint64_t Self() { return static_cast<uint64_t>(::getpid()); }

FileDescriptor At(int number, const FileDescriptor& fd) {
  return FileDescriptor(::fcntl(fd.get(), F_DUPFD_CLOEXEC, number));
}

TEST(RegionAttach, NoRegion) { EXPECT_EQ(AttachSelf().error().errno_value, kErrorNoRegion); }

TEST(RegionAttach, AtTheUsualNumberAndAnywhereElse) {
  const FileDescriptor low = MakeRegionFile(*MakeFakeHeap(Self()));
  EXPECT_TRUE(AttachSelf());
  for (const int number : {abi::kRegionFdMin, abi::kRegionFdMin + 50}) {
    const FileDescriptor high = At(number, low);
    ASSERT_TRUE(high.valid());
    const Result<AttachedRegion> region = AttachSelf();
    ASSERT_TRUE(region) << region.error().Text();
    EXPECT_EQ(region->image.header().pid, Self());
  }
}

TEST(RegionAttach, AForksOwnRegionWinsOverTheInheritedOne) {
  const FileDescriptor parents = At(abi::kRegionFdMin, MakeRegionFile(*MakeFakeHeap(1)));
  const Result<AttachedRegion> only_inherited = AttachSelf();
  ASSERT_FALSE(only_inherited);
  EXPECT_EQ(only_inherited.error().errno_value, kErrorInherited);
  const FileDescriptor own = At(abi::kRegionFdMin + 9, MakeRegionFile(*MakeFakeHeap(Self())));
  EXPECT_TRUE(AttachSelf());
}

// A region that came down from a process long gone, whose pid has come round.
TEST(RegionAttach, ARegionOlderThanTheProcessIsNotItsOwn) {
  auto region = MakeFakeHeap(Self());
  region->header.created_boottime_ns = 1;
  const FileDescriptor old = MakeRegionFile(*region);
  const Result<AttachedRegion> attached = AttachSelf();
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().errno_value, kErrorInherited);
  timespec now;
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  region->header.created_boottime_ns = static_cast<uint64_t>(now.tv_sec + 1) * 1'000'000'000;
  const FileDescriptor own = At(abi::kRegionFdMin + 5, MakeRegionFile(*region));
  EXPECT_TRUE(AttachSelf());
}

TEST(RegionAttach, AnUnsealedOneIsUnreadable) {
  const auto region = MakeFakeHeap(Self());
  const FileDescriptor fd = MakeRegionFile(region.get(), sizeof *region, 0);
  const Result<AttachedRegion> attached = AttachSelf();
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().Text(), "unreadable region: it is not sealed");
}

}  // namespace
}  // namespace glassheap::tools
