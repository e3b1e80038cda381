#include "tools/read/region_mapped.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/fake_region.h"
#include "tests/support/idle_process.h"

namespace glassheap::tools {
namespace {

using testing::IdleProcess;
using testing::MakeFakeHeap;
using testing::MakeRegionFile;

constexpr size_t kSize = (sizeof(abi::RegionLayout) + 4095) / 4096 * 4096;

Result<AttachedRegion> Attach(const IdleProcess& child) {
  const Directory process = *Root().OpenDirectory("proc/" + std::to_string(child.pid()));
  return AttachMappedRegion(process, child.pid(), child.pid());
}

// A file mapped and closed, as by a program that closes every descriptor it does not know.
void MapFile(uint64_t pid) {
  const FileDescriptor file = MakeRegionFile(*MakeFakeHeap(pid));
  ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED, file.get(), 0);
}

TEST(RegionMapped, AFileThatWasClosedIsFoundByItsMapping) {
  const IdleProcess child([] { MapFile(static_cast<uint64_t>(::getpid())); });
  const Result<AttachedRegion> region = Attach(child);
  ASSERT_TRUE(region) << region.error().Text();
  EXPECT_EQ(region->image.header().pid, static_cast<uint64_t>(child.pid()));
}

TEST(RegionMapped, TheParentsIsNotTaken) {
  const IdleProcess child([] { MapFile(1); });
  const Result<AttachedRegion> region = Attach(child);
  ASSERT_FALSE(region);
  EXPECT_EQ(region.error().errno_value, kErrorInherited);
}

TEST(RegionMapped, APrivateRegionIsFoundByItsStart) {
  const IdleProcess child([] {
    MapFile(1);  // the trace of glassheap
    auto* guarded = static_cast<char*>(::mmap(nullptr, kSize + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::mprotect(guarded + 4096, kSize, PROT_READ | PROT_WRITE);
    const auto region = MakeFakeHeap(static_cast<uint64_t>(::getpid()));
    std::memcpy(guarded + 4096, region.get(), sizeof *region);
  });
  const Result<AttachedRegion> region = Attach(child);
  ASSERT_TRUE(region) << region.error().Text();
  EXPECT_FALSE(region->fd.valid()) << "it was read out of memory";
}

TEST(RegionMapped, NoTraceOfGlassheapIsNoRegion) {
  const IdleProcess child;
  EXPECT_EQ(Attach(child).error().errno_value, kErrorNoRegion);
}

}  // namespace
}  // namespace glassheap::tools
