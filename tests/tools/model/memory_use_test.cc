#include "tools/model/memory_use.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string_view>

#include "tools/read/root.h"

namespace glassheap::tools {
namespace {

int64_t Of(const std::vector<MemoryUseRow>& rows, std::string_view key) {
  for (const MemoryUseRow& row : rows) {
    if (row.key == key) return row.bytes.value_or(-1);
  }
  return -2;
}

void ExpectToClose(const Root& root, const std::string& name) {
  const auto text = root.ReadFile("proc/meminfo");
  if (!text) return;
  const Meminfo meminfo = ParseMeminfo(*text);
  const auto rows = MakeMemoryUse(meminfo, 0);
  if (!rows) return;
  int64_t sum = 0;
  for (const MemoryUseRow& row : *rows) sum += row.bytes.value_or(0);
  EXPECT_EQ(sum, static_cast<int64_t>(*meminfo.total)) << name;
  EXPECT_EQ(rows->back().key, std::string_view("unaccounted"));
}

TEST(MemoryUse, ClosesOnEveryCapturedMachine) {
  int machines = 0;
  for (const auto& entry : std::filesystem::directory_iterator("testdata/hosts")) {
    ExpectToClose(Root(entry.path().string()), entry.path().string());
    ++machines;
  }
  EXPECT_GE(machines, 15);
}

// What no counter covers is under a fifth of RAM here; a wrong row would be more.
TEST(MemoryUse, ClosesOnThisMachine) {
  ExpectToClose(Root(), "this machine");
  const Meminfo meminfo = ParseMeminfo(*Root().ReadFile("proc/meminfo"));
  const auto rows = MakeMemoryUse(meminfo, std::nullopt);
  ASSERT_TRUE(rows);
  EXPECT_LT(std::abs(Of(*rows, "unaccounted")), static_cast<int64_t>(*meminfo.total / 5));
}

TEST(MemoryUse, CountsNothingTwice) {
  const auto rows = MakeMemoryUse(ParseMeminfo("MemTotal: 1000 kB\nMemFree: 100 kB\nCached: 300 kB\nBuffers: 20 kB\n"
                                               "Shmem: 50 kB\nDirty: 10 kB\nWriteback: 5 kB\nAnonPages: 200 kB\n"
                                               "KReclaimable: 40 kB\nSReclaimable: 30 kB\nSUnreclaim: 25 kB\n"
                                               "KernelStack: 8 kB\nVmallocUsed: 20 kB\nHugetlb: 64 kB\n"),
                                  std::nullopt);
  ASSERT_TRUE(rows);
  EXPECT_EQ(Of(*rows, "page_cache_clean"), 255 * 1024);
  EXPECT_EQ(Of(*rows, "page_cache_dirty"), 15 * 1024);
  EXPECT_EQ(Of(*rows, "shmem"), 50 * 1024);
  EXPECT_EQ(Of(*rows, "kernel_reclaimable"), 10 * 1024);
  EXPECT_EQ(Of(*rows, "vmalloc"), 12 * 1024);
  EXPECT_EQ(Of(*rows, "hugetlb"), 64 * 1024);
  EXPECT_EQ(Of(*rows, "zram"), -1);
  EXPECT_EQ(Of(*rows, "unaccounted"), (1000 - 100 - 255 - 15 - 50 - 200 - 40 - 25 - 8 - 12 - 64) * 1024);
}

TEST(MemoryUse, HugePagesOfOlderKernels) {
  const auto rows = MakeMemoryUse(
      ParseMeminfo("MemTotal: 90000 kB\nMemFree: 1 kB\nHugePages_Total:       3\nHugepagesize:       2048 kB\n"), {});
  EXPECT_EQ(Of(*rows, "hugetlb"), 3 * 2048 * 1024);
}

TEST(UsedFormulas, SideBySide) {
  const auto used =
      MakeUsedFormulas(ParseMeminfo("MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n"
                                    "Cached: 300 kB\nBuffers: 20 kB\nSReclaimable: 30 kB\nZswap: 7 kB\n"));
  ASSERT_TRUE(used);
  const int64_t expected[] = {600, 550, 543, 900};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ((*used)[i].bytes, expected[i] * 1024) << (*used)[i].formula;
  EXPECT_FALSE(MakeUsedFormulas({}));
}

}  // namespace
}  // namespace glassheap::tools
