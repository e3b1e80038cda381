#include "tools/read/exact_tier.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::BytesOf;
using glassheap::testing::MakeFakeHeap;

// As a ThreadCache lies in memory: a list per class, top and end.
struct FakeList {
  uint64_t top;
  uint64_t end;
  uint64_t rest[2];
};

class ExactTierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    lists_[1] = {1000, 1000 + 8 * 5, {}};
    lists_[2] = {2000, 2000, {}};
    region_->threads[0].cache_address = reinterpret_cast<uint64_t>(lists_);
  }

  std::optional<std::vector<ThreadLists>> Read() {
    return ReadThreadLists(::getpid(), *RegionImage::Parse(BytesOf(*region_)));
  }

  FakeList lists_[3] = {};
  std::unique_ptr<abi::RegionLayout> region_ = MakeFakeHeap(77);
};

TEST_F(ExactTierTest, LengthsAreWhatTheListsHold) {
  const auto lists = Read();
  ASSERT_TRUE(lists);
  ASSERT_EQ(lists->size(), 1u);
  EXPECT_EQ(lists->front().tid, 77u);
  EXPECT_EQ(lists->front().lengths, (std::vector<uint64_t>{0, 5, 0}));
}

TEST_F(ExactTierTest, AThreadThatHasGoneIsLeftOut) {
  region_->threads[5].cache_address = 4096;  // nothing is mapped there
  EXPECT_EQ(Read()->size(), 1u);
}

TEST_F(ExactTierTest, ListsThatMakeNoSenseAreLeftOut) {
  lists_[1].end = lists_[1].top - 8;
  EXPECT_EQ(Read()->size(), 0u);
  lists_[1].end = lists_[1].top + 4;
  EXPECT_EQ(Read()->size(), 0u);
  lists_[1].end = UINT64_MAX - 7;
  EXPECT_EQ(Read()->size(), 0u);
}

TEST_F(ExactTierTest, AnAbsurdLayoutIsNotFollowed) {
  region_->header.thread_cache = {UINT32_MAX, 32, 0, 8};
  EXPECT_FALSE(Read());
  region_->header.thread_cache = {0, UINT32_MAX, 0, 8};
  EXPECT_FALSE(Read());
  region_->header.thread_cache = {0, 16, 0, 12};
  EXPECT_FALSE(Read());
  region_->header.thread_cache = {0, 0, 0, 0};
  EXPECT_FALSE(Read());
}

TEST_F(ExactTierTest, AProcessThatIsNotThere) {
  EXPECT_FALSE(ReadThreadLists(0x3fffffff, *RegionImage::Parse(BytesOf(*region_))));
}

}  // namespace
}  // namespace glassheap::tools
