// A page heap on the kernel's fake (tests/support/rooms.h), checked when a test is over.

#ifndef GLASSHEAP_TESTS_ALLOCATOR_HEAP_PAGE_HEAP_FIXTURE_H_
#define GLASSHEAP_TESTS_ALLOCATOR_HEAP_PAGE_HEAP_FIXTURE_H_

#include <gtest/gtest.h>

#include "allocator/heap/page_heap.h"
#include "tests/support/rooms.h"

namespace glassheap {

class PageHeapTest : public testing::RoomsTest {
 protected:
  Span* Large(size_t pages, size_t align = 1) {
    LockHolder hold(page_heap().lock());
    return page_heap().AllocateLarge(Length(pages), Length(align));
  }
  void Free(Span* span) {
    LockHolder hold(page_heap().lock());
    page_heap().Free(span);
  }
  void FreeEmptied(Span* span) {
    LockHolder hold(page_heap().lock());
    page_heap().FreeEmptied(span);
  }
  bool Resize(Span* span, size_t pages) {
    LockHolder hold(page_heap().lock());
    return page_heap().Resize(span, Length(pages));
  }
  size_t Release(size_t bytes) {
    LockHolder hold(page_heap().lock());
    return page_heap().Release(bytes);
  }
  void Tick(uint64_t nanoseconds) {
    testing::fake_os::AdvanceClock(nanoseconds);
    LockHolder hold(page_heap().lock());
    page_heap().Tick(os::CoarseClock());
  }
  void Check() {
    LockHolder hold(page_heap().lock());
    page_heap().CheckInvariants();
  }
  void TearDown() override { Check(); }

  const PageHeap::Counters& counters() { return page_heap().counters(); }

  // Three spans in use side by side, cut from fresh memory: best fit takes the lowest address of the rest.
  struct Trio {
    Span* a;
    Span* b;
    Span* c;
  };
  Trio AllocateTrio(size_t pages) {
    Trio trio = {Large(pages), Large(pages), Large(pages)};
    EXPECT_EQ(trio.a->end(), trio.b->first());
    EXPECT_EQ(trio.b->end(), trio.c->first());
    return trio;
  }
  size_t FreeSpans() {
    size_t count = 0;
    page_heap().ForEachSpan([&count](const Span* span) { count += span->state == SpanState::kFree; });
    return count;
  }
};

}  // namespace glassheap

#endif  // GLASSHEAP_TESTS_ALLOCATOR_HEAP_PAGE_HEAP_FIXTURE_H_
