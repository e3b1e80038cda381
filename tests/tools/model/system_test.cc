#include "tools/model/system.h"

#include <gtest/gtest.h>

#include "tools/model/free_columns.h"

namespace glassheap::tools {
namespace {

TEST(SystemMemory, UsedIsWhatIsNotAvailable) {
  const SystemMemory memory =
      *MakeSystemMemory(ParseMeminfo("MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 700 "
                                     "kB\nCached: 400 kB\nSReclaimable: 50 kB\n"));
  EXPECT_EQ(memory.used, 300u * 1024);
  EXPECT_EQ(memory.cache, 450u * 1024);
}

TEST(SystemMemory, WithoutAvailableItIsFree) {
  for (const char* available : {"", "MemAvailable: 0 kB\n", "MemAvailable: 1001 kB\n"}) {
    const SystemMemory memory =
        *MakeSystemMemory(ParseMeminfo(std::string("MemTotal: 1000 kB\nMemFree: 100 kB\n") + available));
    EXPECT_EQ(memory.available, 100u * 1024) << available;
    EXPECT_EQ(memory.used, 900u * 1024) << available;
  }
}

TEST(SystemMemory, MoreFreeThanTotalDoesNotWrap) {
  const SystemMemory memory =
      *MakeSystemMemory(ParseMeminfo("MemTotal: 10 kB\nMemFree: 20 kB\nSwapTotal: 1 kB\nSwapFree: 2 kB\n"));
  EXPECT_EQ(memory.used, 0u);
  EXPECT_EQ(memory.swap_used, 0u);
}

// As free shows it: nonsense in, nonsense out.
TEST(FreeColumns, NothingIsRefused) {
  const FreeColumns columns = MakeFreeColumns(ParseMeminfo("MemTotal: 10 kB\nMemFree: 20 kB\n"));
  EXPECT_EQ(columns.used, -10 * 1024);
  EXPECT_EQ(columns.low_used, 0);
  EXPECT_EQ(MakeFreeColumns({}).total, 0);
}

TEST(SystemMemory, AnEmptyFileIsNone) { EXPECT_FALSE(MakeSystemMemory(ParseMeminfo(""))); }

}  // namespace
}  // namespace glassheap::tools
