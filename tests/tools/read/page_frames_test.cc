#include "tools/read/page_frames.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t Bit(unsigned bit) { return uint64_t{1} << bit; }

TEST(PageFrames, AnEntryOfPagemap) {
  const PageState none = ParsePagemapEntry(0x1000, 0);
  EXPECT_FALSE(none.present || none.swapped || none.file_or_shared || none.exclusive || none.soft_dirty);
  EXPECT_EQ(none.frame, std::nullopt);
  EXPECT_EQ(none.swap_offset, std::nullopt);

  const PageState present = ParsePagemapEntry(0x1000, Bit(63) | Bit(56) | Bit(55) | 0x1234);
  EXPECT_TRUE(present.present && present.exclusive && present.soft_dirty);
  EXPECT_EQ(present.frame, 0x1234u);
  EXPECT_EQ(ParsePagemapEntry(0, Bit(63) | Bit(61)).frame, std::nullopt);  // hidden from us

  const PageState swapped = ParsePagemapEntry(0, Bit(62) | (77 << 5) | 3);
  EXPECT_TRUE(swapped.swapped);
  EXPECT_EQ(swapped.swap_type, 3u);
  EXPECT_EQ(swapped.swap_offset, 77u);

  const PageState guard = ParsePagemapEntry(0, Bit(62) | Bit(58) | 0x9f);
  EXPECT_TRUE(guard.guard);
  EXPECT_FALSE(guard.swapped || swapped.guard);
  EXPECT_EQ(guard.swap_offset, std::nullopt);
}

TEST(PageFrames, FlagsHaveNames) {
  EXPECT_EQ(PageFlagNames(0), "");
  EXPECT_EQ(PageFlagNames(Bit(3) | Bit(5) | Bit(12)), "uptodate lru anon");
  EXPECT_EQ(PageFlagNames(Bit(26) | Bit(63)), "pgtable bit63");
}

std::string Words(std::initializer_list<uint64_t> words) {
  std::string text;
  for (const uint64_t word : words) text.append(reinterpret_cast<const char*>(&word), sizeof word);
  return text;
}

TEST(PageFrames, FollowsAPageToItsFrame) {
  FakeRoot fake;
  fake.AddProcess({.pid = 7});
  fake.Write("proc/7/pagemap", Words({0, Bit(63) | 2, Bit(63) | 9}));
  fake.Write("proc/kpageflags", Words({0, 0, Bit(12)}));
  fake.Write("proc/kpagecount", Words({0, 0, 5}));
  const Result<Directory> process = fake.root().OpenDirectory("proc/7");
  ASSERT_TRUE(process.ok());
  const Result<std::vector<PageState>> pages = ReadPages(fake.root(), *process, 0x1fff, 10);
  ASSERT_TRUE(pages.ok());
  ASSERT_EQ(pages->size(), 2u);  // the file ends
  EXPECT_EQ((*pages)[0].address, 0x1000u);
  EXPECT_EQ((*pages)[0].flag_bits, Bit(12));
  EXPECT_EQ((*pages)[0].mapped, 5u);
  EXPECT_EQ((*pages)[1].flag_bits, std::nullopt);  // beyond kpageflags
  fake.Remove("proc/7/pagemap");
  EXPECT_FALSE(ReadPages(fake.root(), *process, 0, 1).ok());
}

TEST(PageFrames, OfThisProcess) {
  const size_t size = 2 * kKernelPage;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, kKernelPage);
  const Root root;
  const Result<Directory> self = root.OpenDirectory("proc/" + std::to_string(::getpid()));
  ASSERT_TRUE(self.ok());
  const Result<std::vector<PageState>> pages = ReadPages(root, *self, reinterpret_cast<uintptr_t>(memory), 2);
  ASSERT_TRUE(pages.ok()) << pages.error().Text();
  ASSERT_EQ(pages->size(), 2u);
  EXPECT_TRUE((*pages)[0].present || (*pages)[0].swapped);
  EXPECT_FALSE((*pages)[1].present);
  ::munmap(memory, size);
}

}  // namespace
}  // namespace glassheap::tools
