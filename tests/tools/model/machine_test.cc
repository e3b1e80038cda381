#include "tools/model/machine.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(Machine, TotalPagesAreRamAndSwap) {
  SystemMemory memory;
  memory.total = 100 * 4096;
  memory.swap_total = 20 * 4096;
  EXPECT_EQ(WholeMachine(memory).total_pages, 120u);
}

TEST(Machine, AddsUpHeaps) {
  std::vector<Process> processes(3);
  processes[0].heap = ProcessHeap{.live = 10, .cached = 20, .fragmented = 30, .mapped = 70};
  processes[2].heap = ProcessHeap{.live = 1, .cached = 2, .fragmented = 3, .mapped = 7};
  const HeapTotals totals = AddUpHeaps(processes);
  EXPECT_EQ(totals.processes, 2u);
  EXPECT_EQ(totals.live, 11);
  EXPECT_EQ(totals.cached, 22);
  EXPECT_EQ(totals.fragmented, 33);
  EXPECT_EQ(totals.mapped, 77);
}

TEST(Machine, ClaimsThatDoNotFitStopAtTheEdge) {
  std::vector<Process> processes(2);
  processes[0].heap = ProcessHeap{.live = INT64_MAX};
  processes[1].heap = ProcessHeap{.live = INT64_MAX};
  EXPECT_EQ(AddUpHeaps(processes).live, INT64_MAX);
}

}  // namespace
}  // namespace glassheap::tools
