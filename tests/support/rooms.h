// The rooms below the central caches, apart from the process's heap, over the fake kernel: one set per test.

#ifndef GLASSHEAP_TESTS_SUPPORT_ROOMS_H_
#define GLASSHEAP_TESTS_SUPPORT_ROOMS_H_

#include <gtest/gtest.h>

#include <memory>

#include "allocator/heap/page_heap.h"
#include "tests/support/fake_os_memory.h"

namespace glassheap::testing {

struct Rooms {
  StatsPublisher stats;
  MetadataArena arena;
  PageMap pages;
  PageHeap page_heap;
};

class RoomsTest : public ::testing::Test {
 protected:
  void SetUp() override { Restart(); }

  // Other rooms over another kernel.
  void Restart() {
    fake_os::Reset();
    rooms_ = std::make_unique<Rooms>();
    ASSERT_TRUE(rooms_->pages.Init(os::ProcessSeed()));
    rooms_->page_heap.Init(&rooms_->pages, &rooms_->arena, &rooms_->stats);
  }

  PageHeap& page_heap() { return rooms_->page_heap; }
  PageMap& pages() { return rooms_->pages; }
  MetadataArena& arena() { return rooms_->arena; }
  char* AddressOf(const Span* span) const { return rooms_->pages.AddressOf(span); }

  std::unique_ptr<Rooms> rooms_;
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_ROOMS_H_
