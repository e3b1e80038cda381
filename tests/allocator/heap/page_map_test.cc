#include "allocator/heap/page_map.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/fake_os_memory.h"
#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;
namespace fake_os = testing::fake_os;

class PageMapTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fake_os::Reset();
    ASSERT_TRUE(pages_.Init(os::ProcessSeed()));
    pages_.SetLimit(kLimit);
  }
  static constexpr size_t kLimit = 10'000;
  PageMap pages_;
};

Span MakeSpan(uint32_t first_page, uint32_t page_count, SpanState state) {
  Span span = {};
  span.first_page = first_page;
  span.page_count = page_count;
  span.state = state;
  return span;
}

TEST_F(PageMapTest, InitDoesNothingTheSecondTime) {
  const uintptr_t base = pages_.heap_base();
  const size_t mapped = pages_.mapped_bytes();
  EXPECT_EQ(mapped, fake_os::mapped_bytes());
  EXPECT_TRUE(pages_.Init(os::ProcessSeed()));
  EXPECT_EQ(pages_.heap_base(), base);
  EXPECT_EQ(pages_.mapped_bytes(), mapped);
  EXPECT_EQ(base % kWindowStep, 0u);
}

TEST_F(PageMapTest, PagesAndAddressesAreInverse) {
  for (const size_t page : {size_t{0}, size_t{1}, kLimit - 1}) {
    char* address = pages_.AddressOf(PageId(page));
    EXPECT_EQ(pages_.PageOf(address), PageId(page));
    EXPECT_EQ(pages_.PageOf(address + kPageSize - 1), PageId(page));
    EXPECT_TRUE(pages_.Contains(reinterpret_cast<uintptr_t>(address)));
  }
  EXPECT_FALSE(pages_.Contains(pages_.heap_base() - 1));
  EXPECT_FALSE(pages_.Contains(reinterpret_cast<uintptr_t>(pages_.AddressOf(PageId(kLimit)))));
}

TEST_F(PageMapTest, WildPointersAreNobodys) {
  Random random;
  for (const uintptr_t address : {uintptr_t{0}, uintptr_t{1}, UINTPTR_MAX, uintptr_t{1} << 63, uintptr_t{1} << 47,
                                  pages_.heap_base() - 8, pages_.heap_base() + kLimit * kPageSize}) {
    EXPECT_EQ(pages_.FindSpan(address), nullptr) << address;
    EXPECT_EQ(pages_.FastEntry(address), 0u) << address;
  }
  for (int i = 0; i < 10'000; ++i) {
    const uintptr_t address = random.Next() >> random.Below(64);
    EXPECT_EQ(pages_.FindSpan(address), nullptr) << address;
    EXPECT_EQ(pages_.FastEntry(address), 0u) << address;
  }
}

TEST_F(PageMapTest, EveryPageOfASmallSpanLeadsToIt) {
  Span span = MakeSpan(100, 4, SpanState::kSmall);
  pages_.SetSmall(&span);
  for (uint32_t i = 0; i < 4; ++i) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(pages_.AddressOf(PageId(100 + i))) + 17;
    EXPECT_EQ(pages_.FindSpan(address), &span);
    EXPECT_EQ(pages_.FastEntry(address), 0u) << "nothing was handed out in it";
  }
}

TEST_F(PageMapTest, OpenPagesLeadToTheList) {
  Span span = MakeSpan(100, 4, SpanState::kSmall);
  pages_.SetSmall(&span);
  pages_.OpenPages(&span, 0, 1, 0x120);
  pages_.OpenPages(&span, 1, 3, 0x120);
  for (uint32_t i = 0; i < 3; ++i) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(pages_.AddressOf(PageId(100 + i))) + 17;
    EXPECT_EQ(PageMap::ListOffset(pages_.FastEntry(address)), 0x120u);
    EXPECT_EQ(PageMap::PageInSpan(pages_.FastEntry(address)), i);
  }
  for (uint32_t page : {99u, 103u, 104u}) EXPECT_EQ(pages_.Entry(PageId(page)), 0u) << page;
  pages_.ClearSmall(&span);
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(pages_.Entry(PageId(100 + i)), 0u);
}

TEST_F(PageMapTest, AFreeSpanHoldsNoObject) {
  Span span = MakeSpan(7, 3, SpanState::kFree);
  pages_.SetEnds(&span);
  EXPECT_EQ(pages_.FindSpan(reinterpret_cast<uintptr_t>(pages_.AddressOf(&span))), nullptr);
  EXPECT_EQ(pages_.At(PageId(9)), &span);
}

TEST_F(PageMapTest, AStaleSpanIsNotBelieved) {
  Span span = MakeSpan(200, 10, SpanState::kLarge);
  pages_.SetEnds(&span);
  span.page_count = 5;  // cut: page 209 still leads to it
  EXPECT_EQ(pages_.FindSpan(reinterpret_cast<uintptr_t>(pages_.AddressOf(PageId(209)))), nullptr);
  EXPECT_EQ(pages_.FindSpan(reinterpret_cast<uintptr_t>(pages_.AddressOf(PageId(200)))), &span);
}

TEST_F(PageMapTest, ABypassEmptiesTheFastPathOnly) {
  Span span = MakeSpan(100, 4, SpanState::kSmall);
  pages_.SetSmall(&span);
  pages_.OpenPages(&span, 0, 4, 0x120);
  const uintptr_t address = reinterpret_cast<uintptr_t>(pages_.AddressOf(&span));
  pages_.SetBypass(true);
  EXPECT_EQ(pages_.FastEntry(address), 0u);
  EXPECT_EQ(pages_.FindSpan(address), &span);
  pages_.SetLimit(kLimit + 1);
  EXPECT_EQ(pages_.FastEntry(address), 0u);
  pages_.SetBypass(false);
  EXPECT_NE(pages_.FastEntry(address), 0u);
  EXPECT_EQ(pages_.limit(), kLimit + 1);
}

TEST_F(PageMapTest, ResidentBitsAgreeWithAModel) {
  Random random;
  std::vector<bool> model(1000, false);
  for (int step = 0; step < 5'000; ++step) {
    const size_t first = random.Below(model.size());
    const size_t count = random.Skewed(model.size() - first) + 1;
    if (first + count > model.size()) continue;
    const bool set = random.OneIn(2);
    set ? pages_.SetResident(PageId(first), Length(count)) : pages_.ClearResident(PageId(first), Length(count));
    for (size_t i = 0; i < count; ++i) model[first + i] = set;
    const size_t from = random.Below(model.size()), n = random.Below(model.size() - from);
    size_t expected = 0;
    for (size_t i = 0; i < n; ++i) expected += model[from + i];
    ASSERT_EQ(pages_.CountResident(PageId(from), Length(n)), expected) << from << " + " << n;
    ASSERT_EQ(pages_.IsResident(PageId(from)), model[from]);
  }
}

TEST_F(PageMapTest, CoversMoreWhenAskedAndNothingWhenRefused) {
  const size_t mapped = pages_.mapped_bytes();
  EXPECT_TRUE(pages_.Cover(1));
  EXPECT_EQ(pages_.mapped_bytes(), mapped);
  for (uint64_t refused = 0; refused < 3; ++refused) {
    fake_os::RefuseCall(refused);
    EXPECT_FALSE(pages_.Cover(100'000));
    EXPECT_EQ(pages_.mapped_bytes(), fake_os::mapped_bytes());
    fake_os::RefuseNothing();
  }
  EXPECT_TRUE(pages_.Cover(100'000));
  EXPECT_EQ(pages_.mapped_bytes(), fake_os::mapped_bytes());
  EXPECT_EQ(pages_.Entry(PageId(99'999)), 0u);
  EXPECT_FALSE(pages_.Cover(PageMap::kMaxPages + 1));
}

TEST(PageMapInit, TakesAnotherWindowWhereOneIsRefused) {
  for (uint64_t refused = 0; refused < 6; ++refused) {
    fake_os::Reset();
    fake_os::RefuseCall(refused);
    PageMap pages;
    EXPECT_TRUE(pages.Init(os::ProcessSeed()));
    EXPECT_EQ(pages.mapped_bytes(), fake_os::mapped_bytes()) << "nothing of the window that was given up is left";
  }
}

TEST(PageMapInit, FailsWhereAllAreRefused) {
  fake_os::Reset();
  fake_os::RefuseCallsFrom(0);
  PageMap pages;
  EXPECT_FALSE(pages.Init(os::ProcessSeed()));
  EXPECT_EQ(fake_os::mapped_bytes(), 0u);
  fake_os::RefuseNothing();
  EXPECT_TRUE(pages.Init(os::ProcessSeed()));
}

}  // namespace
}  // namespace glassheap
