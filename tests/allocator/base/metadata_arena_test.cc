#include "allocator/base/metadata_arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <vector>

#include "tests/support/fake_os_memory.h"
#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;
namespace fake_os = testing::fake_os;

// Where nothing else is mapped, no sanitizer either: AddressSanitizer has its shadow below, ThreadSanitizer nearly everywhere
// else (allocator/heap/window_places.h).
#ifdef __SANITIZE_THREAD__
constexpr uintptr_t kAreaAddress = uintptr_t{300} << 30;
#else
constexpr uintptr_t kAreaAddress = uintptr_t{20} << 40;
#endif

class MetadataArenaTest : public ::testing::Test {
 protected:
  struct Block {
    char* address;
    size_t size;
  };

  void SetUp() override { fake_os::Reset(); }

  // Checks what a new block must be, and writes all over it.
  void Adopt(char* address, size_t size) {
    const size_t block_size = MetadataArena::BlockSize(size);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(address) % std::min<size_t>(block_size, 64), 0u);
    for (size_t i = 0; i < block_size; ++i) ASSERT_EQ(address[i], 0) << "byte " << i << " of " << size;
    auto next = extents_.lower_bound(address);
    ASSERT_TRUE(next == extents_.end() || address + block_size <= next->first);
    ASSERT_TRUE(next == extents_.begin() || std::prev(next)->second <= address);
    extents_[address] = address + block_size;
    in_use_ += block_size;
    memset(address, 0xa5, block_size);
    blocks_.push_back({address, size});
  }

  void Free(size_t index) {
    const Block block = blocks_[index];
    blocks_[index] = blocks_.back();
    blocks_.pop_back();
    extents_.erase(block.address);
    in_use_ -= MetadataArena::BlockSize(block.size);
    arena_.Free(block.address, block.size);
  }

  void CheckSums() {
    ASSERT_EQ(arena_.in_use(), in_use_);
    ASSERT_EQ(arena_.mapped(), arena_.in_use() + arena_.slack());
    ASSERT_EQ(arena_.mapped(), fake_os::mapped_bytes());
  }

  MetadataArena arena_;
  std::vector<Block> blocks_;
  std::map<char*, char*> extents_;
  size_t in_use_ = 0;
};

TEST_F(MetadataArenaTest, MapsNothingBeforeTheFirstRequest) {
  EXPECT_EQ(arena_.mapped(), 0u);
  EXPECT_EQ(fake_os::calls(), 0u);
}

TEST_F(MetadataArenaTest, BlocksArePowersOfTwoFrom16) {
  EXPECT_EQ(MetadataArena::BlockSize(1), 16u);
  EXPECT_EQ(MetadataArena::BlockSize(16), 16u);
  EXPECT_EQ(MetadataArena::BlockSize(17), 32u);
  EXPECT_EQ(MetadataArena::BlockSize(64 * kKiB), 64 * kKiB);
}

TEST_F(MetadataArenaTest, AFreedBlockIsReusedAndZeroedAgain) {
  char* first = static_cast<char*>(arena_.Allocate(100));
  memset(first, 1, 100);
  arena_.Free(first, 100);
  char* again = static_cast<char*>(arena_.Allocate(128));
  EXPECT_EQ(again, first);
  for (int i = 0; i < 128; ++i) ASSERT_EQ(again[i], 0);
}

TEST_F(MetadataArenaTest, NoBlockOverlapsAnotherAndTheSumsClose) {
  Random random;
  for (int step = 0; step < 20'000 && !HasFatalFailure(); ++step) {
    if (blocks_.empty() || (random.OneIn(2) && in_use_ < 16 * kMiB)) {
      const size_t size = 1 + random.Skewed(MetadataArena::kMaxBlock);
      Adopt(static_cast<char*>(arena_.Allocate(size)), size);
    } else {
      Free(random.Below(blocks_.size()));
    }
    if (step % 64 == 0) CheckSums();
  }
}

// What a chunk has left when the next one is needed is not lost.
TEST_F(MetadataArenaTest, TheRestOfAChunkIsUsedToTheEnd) {
  while (arena_.mapped() < kMiB) arena_.Allocate(48 * kKiB);  // 64 KiB each
  const size_t mapped = arena_.mapped();
  while (arena_.slack() > 0) ASSERT_NE(arena_.Allocate(16), nullptr);
  EXPECT_EQ(arena_.mapped(), mapped);
}

TEST_F(MetadataArenaTest, SaysNoWhenTheKernelDoesAndRecovers) {
  fake_os::RefuseCallsFrom(0);
  EXPECT_EQ(arena_.Allocate(64), nullptr);
  EXPECT_EQ(arena_.in_use(), 0u);
  EXPECT_EQ(arena_.mapped(), 0u);
  fake_os::RefuseNothing();
  EXPECT_NE(arena_.Allocate(64), nullptr);
}

TEST_F(MetadataArenaTest, TakesASmallerChunkWhereALargeOneIsRefused) {
  while (arena_.slack() > 0 || arena_.mapped() == 0) arena_.Allocate(16);
  const size_t mapped = arena_.mapped();
  fake_os::RefuseCall(0);
  EXPECT_NE(arena_.Allocate(1000), nullptr);
  EXPECT_GT(arena_.mapped(), mapped);
  EXPECT_LT(arena_.mapped(), mapped + kMiB);
  EXPECT_EQ(arena_.mapped(), fake_os::mapped_bytes());
}

// 64 blocks of 8 KiB are two chunks.
TEST_F(MetadataArenaTest, GrowsInItsAreaFirst) {
  char* const area = reinterpret_cast<char*>(kAreaAddress);
  arena_.SetArea(area, area + 512 * kKiB);
  for (int i = 0; i < 32; ++i) Adopt(static_cast<char*>(arena_.Allocate(8 * kKiB)), 8 * kKiB);
  for (const Block& block : blocks_) EXPECT_TRUE(block.address >= area && block.address < area + 512 * kKiB);
  CheckSums();
  for (int i = 0; i < 64; ++i)
    Adopt(static_cast<char*>(arena_.Allocate(8 * kKiB)), 8 * kKiB);  // more than the area has
  CheckSums();
}

TEST_F(MetadataArenaTest, ChunksThatTouchAreOne) {
  char* const area = reinterpret_cast<char*>(kAreaAddress);
  arena_.SetArea(area, area + 4 * kMiB);
  for (int i = 0; i < 100; ++i) Adopt(static_cast<char*>(arena_.Allocate(64 * kKiB)), 64 * kKiB);
  EXPECT_EQ(arena_.slack(), arena_.mapped() - 100 * 64 * kKiB);
  for (int i = 1; i < 60; ++i) EXPECT_EQ(blocks_[i].address, blocks_[i - 1].address + 64 * kKiB);
}

TEST_F(MetadataArenaTest, AnAreaThatIsTakenIsLeftAlone) {
  const uintptr_t area = kAreaAddress;
  fake_os::Occupy(area, kMiB);
  arena_.SetArea(reinterpret_cast<char*>(area), reinterpret_cast<char*>(area + kMiB));
  Adopt(static_cast<char*>(arena_.Allocate(100)), 100);
  EXPECT_TRUE(blocks_[0].address < reinterpret_cast<char*>(area) ||
              blocks_[0].address >= reinterpret_cast<char*>(area + kMiB));
  CheckSums();
}

}  // namespace
}  // namespace glassheap
