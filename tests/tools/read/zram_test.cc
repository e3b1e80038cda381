#include "tools/read/zram.h"

#include <gtest/gtest.h>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

TEST(Zram, AddsUpAllDevices) {
  FakeRoot fake;
  EXPECT_FALSE(ReadZramBytes(fake.root()));
  fake.Write("sys/block/vda/mm_stat", "1 2 3 4\n");
  EXPECT_FALSE(ReadZramBytes(fake.root()));
  fake.Write("sys/block/zram0/mm_stat", "  4096000   102400   131072        0   131072      0 0 0 0\n");
  fake.Write("sys/block/zram1/mm_stat", "0 0 4096 0\n");
  fake.Write("sys/block/zram2/mm_stat", "1 x 3\n");
  EXPECT_EQ(ReadZramBytes(fake.root()), 131072u + 4096u);
}

}  // namespace
}  // namespace glassheap::tools
