#include "tools/read/page_scan.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace glassheap::tools {
namespace {

constexpr uint64_t kPage = 4096;

// Anonymous memory of this very process, without huge pages.
class PageScanTest : public ::testing::TestWithParam<ScanMethod> {
 protected:
  static constexpr size_t kPages = 64;

  void SetUp() override {
    void* memory = ::mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    ::madvise(memory, kPages * kPage, MADV_NOHUGEPAGE);
    memory_ = static_cast<volatile char*>(memory);
  }
  void TearDown() override { ::munmap(const_cast<char*>(memory_), kPages * kPage); }

  uint64_t At(size_t page) const { return reinterpret_cast<uint64_t>(memory_) + page * kPage; }
  void Touch(size_t page) { memory_[page * kPage] = 1; }

  PageScan Scan(std::vector<PageRange> ranges) {
    const Result<Directory> self = Root().OpenDirectory("proc/self");
    Result<PageScan> scan = ScanPages(*self, ranges, GetParam());
    EXPECT_TRUE(scan) << scan.error().Text();
    return scan ? *std::move(scan) : PageScan();
  }

  volatile char* memory_ = nullptr;
};

TEST_P(PageScanTest, WhatWasTouchedIsPresent) {
  for (const size_t page : {3, 4, 5, 9}) Touch(page);
  const PageScan scan = Scan({{At(0), At(kPages)}});
  ASSERT_EQ(scan.runs.size(), 2u);
  EXPECT_EQ(scan.runs[0].start, At(3));
  EXPECT_EQ(scan.runs[0].end, At(6));
  EXPECT_EQ(scan.runs[0].flags, kPagePresent);
  EXPECT_EQ(scan.runs[1].start, At(9));
  EXPECT_EQ(scan.runs[1].end, At(10));
  EXPECT_TRUE(scan.complete);
}

TEST_P(PageScanTest, WhatWasGivenBackIsNot) {
  for (size_t page = 0; page < 8; ++page) Touch(page);
  ::madvise(const_cast<char*>(memory_) + 2 * kPage, 4 * kPage, MADV_DONTNEED);
  const PageScan scan = Scan({{At(0), At(kPages)}});
  ASSERT_EQ(scan.runs.size(), 2u);
  EXPECT_EQ(scan.runs[0].end, At(2));
  EXPECT_EQ(scan.runs[1].start, At(6));
}

// The kernel marks a guard where a swap entry would be.
TEST_P(PageScanTest, AGuardIsNotSwappedOut) {
  constexpr int kGuardInstall = 102;  // Linux 6.13
  for (size_t page = 0; page < 8; ++page) Touch(page);
  if (::madvise(const_cast<char*>(memory_) + 2 * kPage, 4 * kPage, kGuardInstall) != 0) {
    GTEST_SKIP() << "this kernel has no such guards";
  }
  const PageScan scan = Scan({{At(0), At(kPages)}});
  ASSERT_EQ(scan.runs.size(), 2u);
  EXPECT_EQ(scan.runs[0].end, At(2));
  EXPECT_EQ(scan.runs[1].start, At(6));
}

TEST_P(PageScanTest, RunsStayWithinTheirRanges) {
  for (size_t page = 0; page < kPages; ++page) Touch(page);
  const PageScan scan = Scan({{At(2), At(4)}, {At(10), At(11)}, {At(20), At(20)}});
  ASSERT_EQ(scan.runs.size(), 2u);
  EXPECT_EQ(scan.runs[0].start, At(2));
  EXPECT_EQ(scan.runs[0].end, At(4));
  EXPECT_EQ(scan.runs[1].start, At(10));
  EXPECT_EQ(scan.runs[1].end, At(11));
}

TEST_P(PageScanTest, MoreRunsThanOneCallGives) {
  const size_t pages = 3 * 4096;
  void* memory = ::mmap(nullptr, pages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, pages * kPage, MADV_NOHUGEPAGE);
  const uint64_t start = reinterpret_cast<uint64_t>(memory);
  for (size_t page = 0; page < pages; page += 2) static_cast<volatile char*>(memory)[page * kPage] = 1;
  const PageScan scan = Scan({{start, start + pages * kPage}});
  ASSERT_EQ(scan.runs.size(), pages / 2);
  for (size_t i = 0; i < scan.runs.size(); ++i) EXPECT_EQ(scan.runs[i].start, start + 2 * i * kPage);
  ::munmap(memory, pages * kPage);
}

TEST_P(PageScanTest, NothingToScan) { EXPECT_TRUE(Scan({}).runs.empty()); }

INSTANTIATE_TEST_SUITE_P(Both, PageScanTest, ::testing::Values(ScanMethod::kBest, ScanMethod::kReadOnly),
                         [](const auto& info) { return info.param == ScanMethod::kBest ? "Best" : "ReadOnly"; });

TEST(PageScan, AZeroPageIsNotMemoryWhereTheKernelTells) {
  void* memory = ::mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  const uint64_t start = reinterpret_cast<uint64_t>(memory);
  ASSERT_EQ(*static_cast<volatile char*>(memory), 0);  // maps the zero page
  const Result<Directory> self = Root().OpenDirectory("proc/self");
  const PageRange range = {start, start + 4 * kPage};
  const PageScan read = *ScanPages(*self, std::span(&range, 1), ScanMethod::kReadOnly);
  const PageScan best = *ScanPages(*self, std::span(&range, 1));
  EXPECT_LE(best.runs.size(), read.runs.size());
  ::munmap(memory, 4 * kPage);
}

// A mapping that fills 1 TiB of address space, as node and sanitizers have it, costs nothing where page tables are walked,
// and is cut where they are not.
TEST(PageScan, ATerabyteIsBounded) {
  constexpr uint64_t kSize = uint64_t{1} << 40;
  void* memory = ::mmap(nullptr, kSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  const uint64_t start = reinterpret_cast<uint64_t>(memory);
  const Result<Directory> self = Root().OpenDirectory("proc/self");
  const PageRange range = {start, start + kSize};
  EXPECT_TRUE(ScanPages(*self, std::span(&range, 1))->runs.empty());
  ::munmap(memory, kSize);
}

}  // namespace
}  // namespace glassheap::tools
