// The block list of a process, honest or not: the memory is a buffer of ours that stands at an address of its own.
#include "tools/read/block_list.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "allocator/block/block_heap.h"
#include "tests/support/random.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kBase = 0x7000'0000'0000;
constexpr size_t kSize = 8192;
alignas(4096) char memory[kSize];
int reads_until_change;  // 0: never

size_t ReadFake(pid_t, uint64_t address, void* to, size_t size) {
  if (reads_until_change > 0 && --reads_until_change == 0) reinterpret_cast<abi::BlockList*>(memory)->sequence += 2;
  if (address < kBase || address >= kBase + kSize) return 0;
  const size_t got = std::min<size_t>(size, kBase + kSize - address);
  std::memcpy(to, memory + (address - kBase), got);
  return got;
}

class BlockListTest : public ::testing::Test {
 protected:
  BlockListTest() {
    reads_until_change = 0;
    std::memset(memory, 0, sizeof memory);
    heap_ = BlockHeap::Create(memory, kSize, abi::BlockFit::kBest);
    for (void*& object : objects_) object = heap_->Allocate(5);
  }
  abi::BlockList* list() { return reinterpret_cast<abi::BlockList*>(memory); }
  abi::BlockHeader* header(size_t i) { return reinterpret_cast<abi::BlockHeader*>(objects_[i]) - 1; }
  static Result<BlockListImage> Walk(size_t most = kMaxBlocks) { return WalkBlockList(1, kBase, &ReadFake, most); }

  BlockHeap* heap_;
  void* objects_[4];
};

TEST_F(BlockListTest, AnHonestList) {
  heap_->Free(objects_[1]);
  const Result<BlockListImage> image = Walk();
  ASSERT_TRUE(image);
  EXPECT_TRUE(image->complete);
  EXPECT_FALSE(image->moved);
  EXPECT_EQ(image->fit, abi::BlockFit::kBest);
  ASSERT_EQ(image->blocks.size(), 5u);
  EXPECT_EQ(image->blocks[0].address, kBase + (sizeof(abi::BlockList) + 15) / 16 * 16);
  EXPECT_EQ(image->blocks[0].padding, 11u);
  EXPECT_FALSE(image->blocks[1].used);
  EXPECT_EQ(image->blocks[4].end(), kBase + kSize);
}

TEST_F(BlockListTest, WhatIsNoListIsAnError) {
  EXPECT_FALSE(WalkBlockList(1, kBase + 64, &ReadFake));
  EXPECT_FALSE(WalkBlockList(1, 16, &ReadFake));
}

TEST_F(BlockListTest, AListThatMovesIsReadAgain) {
  reads_until_change = 3;  // while the first try walks
  EXPECT_FALSE(Walk()->moved);
  list()->sequence |= 1;  // for ever in the middle of a change
  EXPECT_TRUE(Walk()->moved);
}

TEST_F(BlockListTest, LiesAreNamedAndEndTheList) {
  const auto problem = [](size_t most = kMaxBlocks) {
    const Result<BlockListImage> image = Walk(most);
    return image && !image->complete ? image->problem : "no problem";
  };
  const abi::BlockHeader honest = *header(2);
  header(2)->used = 7;
  EXPECT_EQ(problem(), "a header has neither mark");
  *header(2) = honest;
  header(2)->size = UINT64_MAX;
  EXPECT_EQ(problem(), "a size is absurd");
  *header(2) = honest;
  header(2)->padding = UINT32_MAX;
  EXPECT_EQ(problem(), "a padding is absurd");
  *header(2) = honest;
  header(2)->next = -96;  // a circle
  EXPECT_EQ(problem(), "the list goes backwards");
  header(2)->next = 16;
  EXPECT_EQ(problem(), "two blocks overlap");
  header(2)->next = INT64_MAX;
  EXPECT_EQ(problem(), "the list goes backwards");
  header(2)->next = int64_t{1} << 40;
  EXPECT_EQ(problem(), "a header cannot be read");
  *header(2) = honest;
  EXPECT_EQ(problem(3), "it is longer than we read");
  EXPECT_EQ(problem(), "no problem");
  list()->first = INT64_MIN;
  EXPECT_EQ(problem(), "a link leads nowhere");
}

// Whatever the bytes are, the walk ends, and what it shows goes up in address.
TEST_F(BlockListTest, AnyBytesEnd) {
  testing::Random random;
  for (int i = 0; i < 20'000; ++i) {
    memory[sizeof(list()->magic) + random.Below(kSize / 8)] = static_cast<char>(random.Next());
    if (i % 50 == 0) list()->first = static_cast<int64_t>(random.Below(kSize));
    const Result<BlockListImage> image = Walk();
    if (!image) continue;
    for (size_t k = 1; k < image->blocks.size(); ++k) ASSERT_GE(image->blocks[k].address, image->blocks[k - 1].end());
  }
}

}  // namespace
}  // namespace glassheap::tools
