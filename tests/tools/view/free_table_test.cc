#include "tools/view/free_table.h"

#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tools/read/root.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::ExpectGolden;

FreeColumns Columns(const std::string& host) {
  return MakeFreeColumns(ParseMeminfo(*Root("testdata/hosts/" + host).ReadFile("proc/meminfo")));
}

constexpr const char* kHosts[] = {"debian12", "old-kernel", "container", "swapping", "high-memory"};

TEST(FreeTable, EveryHost) {
  std::string text;
  for (const char* host : kHosts) {
    const FreeColumns columns = Columns(host);
    const FreeFormat all = {.wide = true, .low_high = true, .total = true, .committed = true};
    const FreeFormat human = {.human = true, .total = true};
    text += std::string(host) + "\n" + FreeTable(columns, {}) + FreeTable(columns, all) + FreeTable(columns, human);
  }
  ExpectGolden("free_table", text);
}

TEST(FreeTable, TheDefaultIsAsLongAsFrees) {
  EXPECT_EQ(FreeTable(Columns("debian12"), {}).size(), 207u);
  EXPECT_EQ(FreeTable(Columns("debian12"), {.wide = true}).size(), 231u);
}

TEST(HeapsRow, SaysWhatThereIs) {
  EXPECT_EQ(HeapsRow({}, {}), "Heaps:      0 processes\n");
  HeapsSummary heaps;
  heaps.processes = 1;
  heaps.unreadable = 2;
  heaps.live_bytes = 3 << 20;
  EXPECT_EQ(HeapsRow(heaps, {}),
            "Heaps:      1 process   live 3.0Mi   cached 0B   fragmented 0B   "
            "free 0B   released 0B   unreadable 2\n");
}

TEST(HeapsRow, SaysHowManyProcessesItCouldNotSeeInto) {
  HeapsSummary heaps;
  heaps.denied = 57;
  EXPECT_EQ(HeapsRow(heaps, {}), "Heaps:      0 processes   not seen into: 57 processes (other users' or protected)\n");
}

}  // namespace
}  // namespace glassheap::tools
