// The block heap against a model of it, for all fits: the same objects at the same places, the same blocks after every
// operation. Offsets are from the start of a buffer that is aligned to a page, as the model has it.
#include "allocator/block/block_heap.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "tests/allocator/block/block_model.h"
#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::BlockModel;
using testing::Random;

constexpr size_t kBuffer = 64 << 10;
alignas(4096) char buffer[kBuffer];

size_t OffsetOf(const void* address) { return static_cast<size_t>(static_cast<const char*>(address) - buffer); }

std::vector<BlockModel::Block> BlocksOf(const BlockHeap& heap) {
  std::vector<BlockModel::Block> blocks;
  if (heap.list().first == 0) return blocks;
  const char* at = reinterpret_cast<const char*>(&heap.list()) + heap.list().first;
  for (;;) {
    const auto* block = reinterpret_cast<const BlockHeader*>(at);
    blocks.push_back({OffsetOf(at), block->size, block->used == abi::kBlockUsed, block->padding});
    if (block->next == 0) return blocks;
    at += block->next;
  }
}

class BlockHeapTest : public ::testing::TestWithParam<BlockFit> {
 protected:
  BlockHeapTest() : heap_(GetParam()), model_(GetParam()) {}

  void AddMemory(size_t start, size_t bytes) {
    ASSERT_TRUE(heap_.AddMemory(buffer + start, bytes));
    model_.AddMemory(start, bytes);
    Compare();
  }

  void Allocate(size_t size, size_t alignment) {
    void* object = heap_.Allocate(size, alignment);
    const std::optional<size_t> expected = model_.Allocate(size, alignment);
    ASSERT_EQ(object != nullptr, expected.has_value()) << size << " aligned to " << alignment;
    if (object != nullptr) {
      ASSERT_EQ(OffsetOf(object), *expected);
      memset(object, 0xaa, size);
    }
  }

  void Free(size_t data) {
    ASSERT_EQ(heap_.Free(buffer + data), BlockStatus::kDone);
    model_.Free(data);
  }

  void Resize(size_t data, size_t size) {
    ASSERT_EQ(heap_.Resize(buffer + data, size) == BlockStatus::kDone, model_.Resize(data, size));
  }

  void Compare() {
    ASSERT_EQ(heap_.Check(), nullptr);
    ASSERT_TRUE(BlocksOf(heap_) == model_.blocks());
  }

  // One random operation; `fill` in 100: how likely it is to allocate.
  void Step(Random& random, size_t fill) {
    const std::vector<size_t> live = model_.LiveData();
    if (live.empty() || random.Below(100) < fill) {
      const size_t alignment = random.OneIn(3) ? size_t{1} << random.Below(11) : 1;
      return Allocate(random.Skewed(random.OneIn(20) ? 8000 : 300), alignment);
    }
    const size_t data = live[random.Below(live.size())];
    if (random.OneIn(3)) return Resize(data, random.Skewed(600));
    Free(data);
  }

  BlockHeap heap_;
  BlockModel model_;
};

std::string NameOf(const ::testing::TestParamInfo<BlockFit>& fit) {
  if (fit.param == BlockFit::kFirst) return "First";
  return fit.param == BlockFit::kNext ? "Next" : "Best";
}

INSTANTIATE_TEST_SUITE_P(Fits, BlockHeapTest, ::testing::Values(BlockFit::kFirst, BlockFit::kNext, BlockFit::kBest),
                         NameOf);

TEST_P(BlockHeapTest, DoesWhatTheModelDoes) {
  Random random(static_cast<uint64_t>(GetParam()));
  AddMemory(0, 16 << 10);
  for (int i = 0; i < 5000; ++i) {
    // Fills up, empties, and fills again; memory comes from below, from above, with and without a gap.
    if (i == 1000) AddMemory(40 << 10, 8 << 10);
    if (i == 2000) AddMemory(16 << 10, 8 << 10);
    if (i == 3000) AddMemory(32 << 10, 8 << 10);
    Step(random, i / 250 % 2 == 0 ? 65 : 40);
    Compare();
    if (HasFatalFailure()) FAIL() << "at operation " << i << ", GLASSHEAP_TEST_SEED=" << testing::TestSeed();
  }
}

TEST_P(BlockHeapTest, AfterFreeingEverythingInAnyOrderOneBlockRemains) {
  Random random(10 + static_cast<uint64_t>(GetParam()));
  AddMemory(0, kBuffer);
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 100; ++i) Step(random, 80);
    std::vector<size_t> live = model_.LiveData();
    for (size_t i = live.size(); i > 1; --i) std::swap(live[i - 1], live[random.Below(i)]);
    for (const size_t data : live) {
      Free(data);
      Compare();
    }
    ASSERT_EQ(heap_.list().blocks, 1u);
    ASSERT_EQ(heap_.list().free_bytes, kBuffer - sizeof(BlockHeader));
    if (HasFatalFailure()) return;
  }
}

TEST_P(BlockHeapTest, FiveBytes) {
  AddMemory(0, 1024);
  void* object = heap_.Allocate(5);
  EXPECT_EQ(OffsetOf(object), 32u);
  const std::vector<BlockModel::Block> expected = {{0, 16, true, 11}, {48, 1024 - 48 - 32, false, 0}};
  EXPECT_EQ(BlocksOf(heap_), expected);
  EXPECT_EQ(heap_.list().padding_bytes, 11u);
}

TEST_P(BlockHeapTest, ALeftoverTooSmallForABlockStaysPadding) {
  AddMemory(0, 32 + 160);
  void* object = heap_.Allocate(160 - 47);  // 128 in multiples of 16; 32 are left, 48 would be a block
  ASSERT_NE(object, nullptr);
  const std::vector<BlockModel::Block> expected = {{0, 160, true, 47}};
  EXPECT_EQ(BlocksOf(heap_), expected);
}

TEST_P(BlockHeapTest, MisuseIsNamedAndChangesNothing) {
  AddMemory(0, 4096);
  char* a = static_cast<char*>(heap_.Allocate(100));
  char* b = static_cast<char*>(heap_.Allocate(100));
  char* c = static_cast<char*>(heap_.Allocate(100));
  EXPECT_EQ(heap_.Free(b), BlockStatus::kDone);
  EXPECT_EQ(heap_.Free(b), BlockStatus::kFreed);
  EXPECT_EQ(heap_.Free(a + 16), BlockStatus::kNotBlock);
  EXPECT_EQ(heap_.Free(a + 1), BlockStatus::kNotBlock);
  int elsewhere[16] = {};
  EXPECT_EQ(heap_.Free(&elsewhere[8]), BlockStatus::kNotBlock);
  EXPECT_EQ(heap_.Resize(b, 1), BlockStatus::kFreed);
  EXPECT_EQ(heap_.Find(nullptr, nullptr), BlockStatus::kNotBlock);
  const std::vector<BlockModel::Block> before = BlocksOf(heap_);
  memset(a, 0, 112 + 40);  // past its end: the header of b is gone, with its link back
  EXPECT_EQ(heap_.Free(a), BlockStatus::kDamaged);
  EXPECT_NE(heap_.Check(), nullptr);
  (void)c;
  EXPECT_EQ(before.size(), 4u);
}

TEST_P(BlockHeapTest, WhatCannotBeIsRefused) {
  EXPECT_EQ(heap_.Allocate(1), nullptr);  // no memory yet
  EXPECT_FALSE(heap_.AddMemory(buffer, 47));
  AddMemory(0, 48);
  for (const size_t size : {size_t{17}, size_t{4096}, SIZE_MAX / 2, SIZE_MAX - 15, SIZE_MAX}) {
    EXPECT_EQ(heap_.Allocate(size), nullptr) << size;
  }
  EXPECT_EQ(heap_.Allocate(1, 8192), nullptr);
  void* object = heap_.Allocate(16);
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(heap_.Resize(object, SIZE_MAX), BlockStatus::kNoRoom);
  EXPECT_EQ(heap_.Check(), nullptr);
}

TEST_P(BlockHeapTest, EveryAlignment) {
  AddMemory(0, kBuffer);
  for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
    void* object = heap_.Allocate(3, alignment);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(OffsetOf(object) % std::max<size_t>(16, alignment), 0u);
    EXPECT_EQ(heap_.Check(), nullptr);
  }
}

// The list is in the memory itself, and its links are distances: two processes that have it at different addresses see
// the same heap.
TEST_P(BlockHeapTest, LivesInSharedMemoryAtTwoAddresses) {
  const int fd = ::memfd_create("block_heap_test", 0);
  ASSERT_EQ(::ftruncate(fd, 8192), 0);
  const auto map = [fd] { return ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); };
  char* here = static_cast<char*>(map());
  char* there = static_cast<char*>(map());
  ASSERT_NE(here, there);
  BlockHeap* one = BlockHeap::Create(here, 8192, GetParam());
  ASSERT_NE(one, nullptr);
  char* object = static_cast<char*>(one->Allocate(100));
  BlockHeap* other = reinterpret_cast<BlockHeap*>(there + (reinterpret_cast<char*>(one) - here));
  EXPECT_EQ(other->Check(), nullptr);
  char* second = static_cast<char*>(other->Allocate(50));
  EXPECT_EQ(other->Free(there + (object - here)), BlockStatus::kDone);
  EXPECT_EQ(one->Free(here + (second - there)), BlockStatus::kDone);
  EXPECT_EQ(one->list().blocks, 1u);
  EXPECT_EQ(one->Check(), nullptr);
  EXPECT_EQ(BlockHeap::Create(here, 64, GetParam()), nullptr);
  ::close(fd);
}

}  // namespace
}  // namespace glassheap
