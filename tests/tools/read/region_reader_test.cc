#include "tools/read/region_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

using abi::RegionLayout;
using abi::SectionKind;
using glassheap::testing::MakeFakeHeap;
using glassheap::testing::MakeRegionFile;

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;

void ExpectUnreadable(int fd, const char* why) {
  const Result<RegionImage> image = ReadRegion(fd);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().errno_value, kErrorUnreadable);
  EXPECT_NE(image.error().why.find(why), std::string::npos) << image.error().why;
}

TEST(RegionReader, ReadsASealedRegion) {
  const FileDescriptor fd = MakeRegionFile(*MakeFakeHeap(7));
  const Result<RegionImage> image = ReadRegion(fd.get());
  ASSERT_TRUE(image) << image.error().Text();
  EXPECT_EQ(image->header().pid, 7u);
  EXPECT_EQ(image->unsettled_rows(), 0u);
}

TEST(RegionReader, ReopensThroughAnOpathDescriptor) {
  const FileDescriptor fd = MakeRegionFile(*MakeFakeHeap(7));
  const FileDescriptor path(::open(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), O_PATH | O_CLOEXEC));
  const Result<FileDescriptor> again = ReopenRegion(path.get());
  ASSERT_TRUE(again) << again.error().Text();
  EXPECT_TRUE(ReadRegion(again->get()));
}

TEST(RegionReader, RefusesWhatIsNotSealed) {
  const auto region = MakeFakeHeap();
  ExpectUnreadable(MakeRegionFile(region.get(), sizeof *region, 0).get(), "not sealed");
  ExpectUnreadable(MakeRegionFile(region.get(), sizeof *region, F_SEAL_GROW).get(), "not sealed");
}

TEST(RegionReader, RefusesOtherFiles) {
  std::string name = ::testing::TempDir() + "regionXXXXXX";
  const FileDescriptor disk(::mkstemp(name.data()));
  ::unlink(name.c_str());
  ASSERT_EQ(::ftruncate(disk.get(), sizeof(RegionLayout)), 0);
  EXPECT_FALSE(ReadRegion(disk.get()));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const FileDescriptor in(ends[0]), out(ends[1]);
  ExpectUnreadable(in.get(), "not a file in memory");
}

TEST(RegionReader, RefusesTooSmallAndTooLarge) {
  const std::vector<char> bytes(abi::kMaxRegionSize + 1);
  ExpectUnreadable(MakeRegionFile(bytes.data(), 0, kSeals).get(), "size is 0");
  ExpectUnreadable(MakeRegionFile(bytes.data(), 8, kSeals).get(), "size is 8");
  ExpectUnreadable(MakeRegionFile(bytes.data(), bytes.size(), kSeals).get(), "size is 4194305");
}

TEST(RegionReader, CountsRowsThatNeverSettle) {
  const auto region = MakeFakeHeap();
  region->classes[1].sequence = 3;  // for ever being written
  const FileDescriptor fd = MakeRegionFile(*region);
  const Result<RegionImage> image = ReadRegion(fd.get());
  ASSERT_TRUE(image);
  EXPECT_EQ(image->unsettled_rows(), 1u);
}

// A writer that keeps slots == central_objects in every row it has finished.
void WriteForEver(abi::ClassRow& row, const std::atomic<bool>& stop) {
  const auto store = [](uint64_t& word, uint64_t value, std::memory_order order = std::memory_order_relaxed) {
    std::atomic_ref(word).store(value, order);
  };
  for (uint64_t i = 0; !stop.load(); ++i) {
    store(row.sequence, 2 * i + 1);
    std::atomic_thread_fence(std::memory_order_release);
    store(row.slots, i);
    store(row.central_objects, i);
    store(row.sequence, 2 * i + 2, std::memory_order_release);
    for (int pause = 0; pause < 200; ++pause) std::atomic_signal_fence(std::memory_order_seq_cst);
  }
}

TEST(RegionReader, NeverSeesHalfARow) {
  const auto region = MakeFakeHeap();
  const FileDescriptor fd = MakeRegionFile(region.get(), sizeof *region, 0);
  void* mapped = ::mmap(nullptr, sizeof *region, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  ASSERT_EQ(::fcntl(fd.get(), F_ADD_SEALS, kSeals), 0);
  std::atomic<bool> stop = false;
  std::thread writer(WriteForEver, std::ref(static_cast<RegionLayout*>(mapped)->classes[1]), std::cref(stop));
  for (int round = 0; round < 2000; ++round) {
    const Result<RegionImage> image = ReadRegion(fd.get());
    ASSERT_TRUE(image);
    if (image->unsettled_rows() > 0) continue;
    const RegionSection& classes = *image->Section(SectionKind::kClasses);
    const uint64_t slots = image->Value(classes, 1, *classes.Find("slots"));
    const uint64_t central = image->Value(classes, 1, *classes.Find("central_objects"));
    if (slots != 510) {  // as it was before the first write
      ASSERT_EQ(slots, central);
    }
  }
  stop = true;
  writer.join();
  ::munmap(mapped, sizeof *region);
}

}  // namespace
}  // namespace glassheap::tools
