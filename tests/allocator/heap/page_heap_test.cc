#include "allocator/heap/page_heap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/allocator/heap/page_heap_fixture.h"

namespace glassheap {
namespace {

namespace fake_os = testing::fake_os;

TEST_F(PageHeapTest, ASpanHasTheLengthThatWasAskedForAndIsAccountedFor) {
  Span* span = Large(33);
  EXPECT_EQ(span->page_count, 33u);
  EXPECT_EQ(span->state, SpanState::kLarge);
  EXPECT_EQ(counters().large_bytes, Length(33).bytes());
  EXPECT_EQ(counters().large_objects, 1u);
  EXPECT_EQ(counters().spans, 1u);
  EXPECT_EQ(counters().heap_mapped, counters().large_bytes + counters().free_released);
  EXPECT_EQ(counters().free_resident, 0u);
  EXPECT_EQ(pages().FindSpan(reinterpret_cast<uintptr_t>(AddressOf(span))), span);
  Free(span);
  EXPECT_EQ(counters().large_bytes, 0u);
  EXPECT_EQ(counters().free_resident, Length(33).bytes());
}

TEST_F(PageHeapTest, SplitsWhatIsLongerAndJoinsItAgain) {
  Span* span = Large(10);
  EXPECT_EQ(FreeSpans(), 1u);
  Free(span);
  EXPECT_EQ(FreeSpans(), 1u);
}

TEST_F(PageHeapTest, JoinsWithTheSpanBefore) {
  const Trio trio = AllocateTrio(4);
  const PageId first = trio.a->first();
  Free(trio.a);
  Free(trio.b);
  EXPECT_EQ(FreeSpans(), 2u);  // a + b, and the fresh memory behind c
  EXPECT_EQ(pages().At(first)->page_count, 8u);
}

TEST_F(PageHeapTest, JoinsWithTheSpanBehind) {
  const Trio trio = AllocateTrio(4);
  const PageId first = trio.a->first();
  Free(trio.b);
  Free(trio.a);
  EXPECT_EQ(FreeSpans(), 2u);
  EXPECT_EQ(pages().At(first)->page_count, 8u);
}

TEST_F(PageHeapTest, JoinsWithBothNeighbours) {
  const Trio trio = AllocateTrio(4);
  const PageId first = trio.a->first();
  Free(trio.a);
  Free(trio.c);
  EXPECT_EQ(FreeSpans(), 2u);
  Free(trio.b);
  EXPECT_EQ(FreeSpans(), 1u);
  EXPECT_EQ(pages().At(first)->first(), first);
  EXPECT_EQ(pages().At(first)->resident_pages, 12u);
}

// Frees spans of these lengths, kept apart by spans in use, and asks for one of `wanted` pages.
TEST_F(PageHeapTest, TakesTheBestFitWithMemoryBehindIt) {
  std::vector<Span*> holes;
  for (const size_t pages : {200u, 7u, 130u, 5u, 128u, 64u}) {
    holes.push_back(Large(pages));
    Large(1);
  }
  std::vector<PageId> starts;
  for (Span* hole : holes) starts.push_back(hole->first());
  for (Span* hole : holes) Free(hole);
  EXPECT_EQ(Large(6)->first(), starts[1]);
  EXPECT_EQ(Large(5)->first(), starts[3]);
  EXPECT_EQ(Large(128)->first(), starts[4]);
  EXPECT_EQ(Large(129)->first(), starts[2]);
  EXPECT_EQ(Large(20)->first(), starts[5]);
  EXPECT_EQ(Large(131)->first(), starts[0]);
}

TEST_F(PageHeapTest, PrefersMemoryThatIsThereToABetterFitWithout) {
  Span* small = Large(8);
  Large(1);
  Span* big = Large(20);
  Large(1);
  const PageId small_at = small->first(), big_at = big->first();
  Free(small);
  Release(SIZE_MAX);
  Free(big);
  EXPECT_EQ(Large(8)->first(), big_at);
  EXPECT_EQ(Large(20)->zeroed, true) << "only fresh memory is long enough";
  EXPECT_EQ(Large(8)->first(), big_at + Length(8));
  EXPECT_EQ(Large(8)->first(), small_at);
}

TEST_F(PageHeapTest, AlignsAndGivesBackWhatItSkipped) {
  for (size_t align = 2; align <= 1024; align *= 2) {
    Span* span = Large(3, align);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(AddressOf(span)) % Length(align).bytes(), 0u);
    EXPECT_EQ(span->page_count, 3u);
    Check();
  }
  EXPECT_EQ(counters().large_bytes, 10 * Length(3).bytes());
}

TEST_F(PageHeapTest, FreshMemoryIsZeroAndSaysSo) {
  Span* span = Large(16);
  EXPECT_TRUE(span->zeroed);
  EXPECT_EQ(AddressOf(span)[0], 0);
}

TEST_F(PageHeapTest, UsedMemoryIsNotSaidToBeZero) {
  Span* span = Large(16);
  memset(AddressOf(span), 1, 16 * kPageSize);
  Free(span);
  EXPECT_FALSE(Large(16)->zeroed);
}

TEST_F(PageHeapTest, AGrowingHeapStepsOverAnotherMapping) {
  Span* first = Large(1);
  const uintptr_t top = reinterpret_cast<uintptr_t>(AddressOf(first)) + counters().heap_mapped;
  fake_os::Occupy(top, kPageSize);
  Span* beyond = Large(1000);
  ASSERT_NE(beyond, nullptr);
  EXPECT_GT(reinterpret_cast<uintptr_t>(AddressOf(beyond)), top);
  EXPECT_EQ(pages().FindSpan(top), nullptr);
  Free(first);
  Free(beyond);
  Check();
  ASSERT_NE(Large(2000), nullptr);
}

TEST_F(PageHeapTest, AYoungHeapDoubles) {
  size_t mapped = 0;
  for (size_t grows = 1; mapped < 4 * kMiB; ++grows) {
    while (counters().heap_mapped == mapped) Large(1);
    EXPECT_EQ(counters().grows, grows);
    EXPECT_EQ(counters().heap_mapped, mapped == 0 ? 512 * kKiB : 2 * mapped);
    mapped = counters().heap_mapped;
  }
  while (counters().heap_mapped == mapped) Large(1);
  EXPECT_EQ(counters().heap_mapped, mapped + 4 * kMiB);
}

// Nothing is mapped before and behind it, whatever comes next.
TEST_F(PageHeapTest, TheFirstLongSpansStandApart) {
  page_heap().LetStandApart(2);
  const auto is_mapped = [this](PageId page) { return pages().At(page) != nullptr; };
  Large(1);
  Span* first = Large(32);
  Span* second = Large(128);
  Span* third = Large(20);  // not one of the two, nor the next
  Span* fourth = Large(20);
  EXPECT_FALSE(is_mapped(first->first() - Length(1)));
  EXPECT_FALSE(is_mapped(first->end()));
  EXPECT_FALSE(is_mapped(second->first() - Length(1)));
  ASSERT_NE(Large(1000), nullptr);
  EXPECT_FALSE(is_mapped(second->end()));
  EXPECT_EQ(third->end(), fourth->first());

  Free(first);
  EXPECT_EQ(Large(32), first) << "memory that is there comes first";
}

TEST_F(PageHeapTest, OnlyLongSpansStandApart) {
  page_heap().LetStandApart(1);
  Span* before = Large(1);
  EXPECT_EQ(before->end(), Large(16)->first());
  Large(200);
  EXPECT_EQ(pages().At(Large(17)->first() - Length(1)), nullptr);
}

TEST_F(PageHeapTest, ASpanThatStandsApartGrowsInPlace) {
  page_heap().LetStandApart(1);
  Span* span = Large(32);
  ASSERT_TRUE(Resize(span, 500));
  EXPECT_EQ(span->page_count, 500u);
}

TEST_F(PageHeapTest, ASpanThatCannotStandApartIsTakenFromTheRest) {
  Large(1);
  page_heap().LetStandApart(1);
  const size_t limit = pages().limit();
  fake_os::RefuseCall(0);
  Span* span = Large(20);
  ASSERT_NE(span, nullptr);
  EXPECT_NE(pages().At(span->first() - Length(1)), nullptr);
  fake_os::RefuseNothing();
  EXPECT_EQ(pages().limit(), limit) << "a gap was left behind";
  EXPECT_NE(pages().At(Large(1000)->first() - Length(1)), nullptr) << "and nobody asked for one";
}

TEST_F(PageHeapTest, AShrunkSpanGivesItsTailBack) {
  Span* span = Large(10);
  Large(1);
  memset(AddressOf(span), 1, 10 * kPageSize);
  ASSERT_TRUE(Resize(span, 4));
  EXPECT_EQ(span->page_count, 4u);
  EXPECT_EQ(counters().large_bytes, Length(5).bytes());
  EXPECT_EQ(counters().free_resident, Length(6).bytes());
  EXPECT_FALSE(Large(6)->zeroed);
  EXPECT_EQ(pages().FindSpan(reinterpret_cast<uintptr_t>(AddressOf(span)) + 3 * kPageSize), span);
}

TEST_F(PageHeapTest, ASpanGrowsIntoTheFreeSpanBehindIt) {
  const Trio trio = AllocateTrio(4);
  Free(trio.b);
  EXPECT_FALSE(Resize(trio.a, 9)) << "c is in the way";
  EXPECT_EQ(trio.a->page_count, 4u);
  ASSERT_TRUE(Resize(trio.a, 6));
  EXPECT_EQ(trio.a->page_count, 6u);
  Check();
  ASSERT_TRUE(Resize(trio.a, 8));
  EXPECT_EQ(trio.a->end(), trio.c->first());
  EXPECT_EQ(counters().large_bytes, Length(12).bytes());
  EXPECT_FALSE(Resize(trio.a, 9));
}

TEST_F(PageHeapTest, MemoryMovesToALongerSpanAndLeavesZeroes) {
  const Trio trio = AllocateTrio(8);
  memset(AddressOf(trio.a), 7, Length(8).bytes());
  Span* longer = Large(12);
  ASSERT_TRUE(page_heap().MoveMemory(trio.a, longer));
  EXPECT_EQ(AddressOf(longer)[0], 7);
  EXPECT_EQ(AddressOf(longer)[Length(8).bytes() - 1], 7);
  EXPECT_EQ(longer->moved_pages, 8u);
  FreeEmptied(trio.a);
  EXPECT_EQ(counters().free_resident, 0u);
  Check();
  EXPECT_TRUE(Large(8)->zeroed) << "what memory left behind is zero";
  Free(longer);
  EXPECT_EQ(counters().free_resident, 0u) << "a moved span is no mapping of its own any more";
}

TEST_F(PageHeapTest, ASpanThatGrewAfterItMovedIsCopied) {
  const Trio trio = AllocateTrio(8);
  Free(trio.c);
  ASSERT_TRUE(page_heap().MoveMemory(trio.a, trio.b));
  ASSERT_TRUE(Resize(trio.b, 10));
  Span* longer = Large(12);
  EXPECT_FALSE(page_heap().MoveMemory(trio.b, longer)) << "two mappings";
  ASSERT_TRUE(Resize(trio.b, 8)) << "what was cut off had not moved";
  ASSERT_TRUE(page_heap().MoveMemory(trio.b, longer));
  FreeEmptied(trio.b);
  FreeEmptied(trio.a);
}

TEST_F(PageHeapTest, WhatIsCutOffAMovedSpanHasNoMemory) {
  const Trio trio = AllocateTrio(8);
  ASSERT_TRUE(page_heap().MoveMemory(trio.a, trio.b));
  memset(AddressOf(trio.b), 7, Length(8).bytes());
  ASSERT_TRUE(Resize(trio.b, 3));
  EXPECT_EQ(trio.b->moved_pages, 3u);
  EXPECT_EQ(counters().free_resident, 0u);
  EXPECT_EQ(AddressOf(trio.b)[Length(3).bytes() - 1], 7);
  EXPECT_TRUE(Large(5)->zeroed);
  FreeEmptied(trio.a);
}

TEST_F(PageHeapTest, AKernelThatMovesNothingLosesNothing) {
  const Trio trio = AllocateTrio(8);
  fake_os::RefuseAll(os::Call::kMovePages);
  EXPECT_FALSE(page_heap().MoveMemory(trio.a, trio.b));
  fake_os::RefuseNothing();
  ASSERT_TRUE(page_heap().MoveMemory(trio.a, trio.b));
  fake_os::RefuseAll(os::Call::kRenew);
  Free(trio.b);
  EXPECT_EQ(counters().free_resident, Length(8).bytes()) << "freed like any other";
  Check();
}

TEST_F(PageHeapTest, TheLastSpanGrowsIntoFreshMemory) {
  Span* span = Large(4);
  const size_t all = counters().heap_mapped / kPageSize;
  ASSERT_TRUE(Resize(span, all));
  ASSERT_TRUE(Resize(span, all + 1000));
  EXPECT_EQ(span->page_count, all + 1000);
}

TEST_F(PageHeapTest, ASmallSpanIsCountedApart) {
  Span* span;
  {
    LockHolder hold(page_heap().lock());
    span = page_heap().AllocateSmall(Length(4));
  }
  EXPECT_EQ(span->state, SpanState::kSmall);
  EXPECT_EQ(counters().small_span_bytes, Length(4).bytes());
  EXPECT_EQ(counters().large_objects, 0u);
  Free(span);
  EXPECT_EQ(counters().small_span_bytes, 0u);
}

TEST_F(PageHeapTest, RefusesWhatIsLongerThanItsWindow) {
  EXPECT_EQ(Large(PageMap::kMaxPages), nullptr);
  EXPECT_EQ(Large(PageMap::kMaxPages - 1, 2), nullptr);
  EXPECT_EQ(Large(SIZE_MAX >> kPageShift, PageMap::kMaxPages), nullptr);
  EXPECT_EQ(counters().failures > 0, true);
}

}  // namespace
}  // namespace glassheap
