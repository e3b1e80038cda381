// What the page heap gives back to the kernel, and when.

#include <gtest/gtest.h>

#include <cstring>

#include "tests/allocator/heap/page_heap_fixture.h"

namespace glassheap {
namespace {

namespace fake_os = testing::fake_os;

TEST_F(PageHeapTest, ReleasedMemoryIsZeroAgain) {
  Span* span = Large(16);
  memset(AddressOf(span), 1, 16 * kPageSize);
  Free(span);
  EXPECT_EQ(Release(SIZE_MAX), Length(16).bytes());
  EXPECT_EQ(counters().free_resident, 0u);
  EXPECT_EQ(counters().releases, 1u);
  EXPECT_EQ(counters().released_bytes_total, Length(16).bytes());
  Span* again = Large(16);
  EXPECT_TRUE(again->zeroed);
  for (size_t i = 0; i < 16 * kPageSize; ++i) ASSERT_EQ(AddressOf(again)[i], 0);
}

TEST_F(PageHeapTest, PartOfASpanWithMemoryIsTrackedByThePage) {
  const Trio trio = AllocateTrio(4);
  memset(AddressOf(trio.b), 1, 4 * kPageSize);
  Large(1);  // keeps c apart from the fresh memory
  Free(trio.a);
  Free(trio.c);
  Release(SIZE_MAX);
  Free(trio.b);  // 4 pages without memory, 4 with, 4 without
  EXPECT_EQ(counters().free_resident, Length(4).bytes());
  EXPECT_TRUE(Large(4)->zeroed);
  EXPECT_FALSE(Large(5)->zeroed);
}

TEST_F(PageHeapTest, AFailedDiscardLeavesTheMemoryResident) {
  Span* span = Large(16);
  memset(AddressOf(span), 1, 16 * kPageSize);
  Free(span);
  fake_os::RefuseAll(os::Call::kDiscard);
  EXPECT_EQ(Release(SIZE_MAX), 0u);
  EXPECT_EQ(counters().free_resident, Length(16).bytes());
  EXPECT_EQ(counters().releases, 0u);
  EXPECT_FALSE(Large(16)->zeroed);
}

TEST_F(PageHeapTest, ReleasesTheLongestFirstAndStopsWhenItIsEnough) {
  Span* small = Large(2);
  Large(1);
  Span* big = Large(300);
  Large(1);
  Free(small);
  Free(big);
  EXPECT_EQ(Release(1), Length(300).bytes());
  EXPECT_EQ(counters().free_resident, Length(2).bytes());
  EXPECT_EQ(Release(0), 0u);
}

TEST_F(PageHeapTest, WhatStaysFreeForAnEpochGoesBack) {
  Span* span = Large(50);
  Tick(PageHeap::kEpoch / 2);
  Free(span);
  Tick(PageHeap::kEpoch / 2);  // the span was in use in this epoch
  EXPECT_EQ(counters().free_resident, Length(50).bytes());
  Tick(PageHeap::kEpoch / 2);
  EXPECT_EQ(counters().free_resident, Length(50).bytes());
  Tick(PageHeap::kEpoch / 2);
  EXPECT_EQ(counters().free_resident, 0u);
  EXPECT_EQ(fake_os::discarded_bytes(), Length(50).bytes());
}

TEST_F(PageHeapTest, OnlyAsMuchAsWasFreeThroughoutTheEpochGoesBack) {
  const Trio trio = AllocateTrio(50);
  Large(1);
  Free(trio.a);
  Free(trio.c);
  for (int half = 0; half < 2; ++half) Tick(PageHeap::kEpoch / 2);
  Free(Large(50));  // so 50 of the 100 pages were in use for a moment
  for (int half = 0; half < 2; ++half) Tick(PageHeap::kEpoch / 2);
  EXPECT_EQ(counters().released_bytes_total, Length(50).bytes());
}

TEST_F(PageHeapTest, OnePageFromALongFreeSpanDoesNotKeepTheRest) {
  Free(Large(1000));
  for (int half = 0; half < 8; ++half) {
    Large(1);
    Tick(PageHeap::kEpoch / 2);
  }
  EXPECT_LT(counters().free_resident, Length(100).bytes());
}

TEST_F(PageHeapTest, AfterAnIdleEpochAllThatLayFreeGoesBack) {
  Free(Large(50));
  Tick(PageHeap::kEpoch);
  EXPECT_EQ(counters().free_resident, 0u);
}

TEST_F(PageHeapTest, WhatIsTakenAndFreedInEveryEpochStays) {
  for (int step = 0; step < 40; ++step) {
    Free(Large(50));
    Tick(PageHeap::kEpoch / 4);
  }
  EXPECT_EQ(counters().free_resident, Length(50).bytes());
  EXPECT_EQ(fake_os::discarded_bytes(), 0u);
}

}  // namespace
}  // namespace glassheap
