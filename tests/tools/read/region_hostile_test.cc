// Regions made to hurt their reader. Each must be refused, or read without
// touching a byte outside the copy (run with
// --config=asan to see).

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <random>

#include "tests/support/fake_region.h"
#include "tools/model/heap.h"
#include "tools/read/region_image.h"

namespace glassheap::tools {
namespace {

using abi::RegionLayout;
using glassheap::testing::BytesOf;
using glassheap::testing::MakeFakeHeap;

struct Attack {
  const char* name;
  std::function<void(RegionLayout&)> change;
};

const Attack kRefused[] = {
    {"magic", [](RegionLayout& r) { r.header.magic[7] = '2'; }},
    {"generation", [](RegionLayout& r) { r.header.generation = 0; }},
    {"header too small", [](RegionLayout& r) { r.header.header_size = 8; }},
    {"header too large", [](RegionLayout& r) { r.header.header_size = UINT32_MAX; }},
    {"total above the file", [](RegionLayout& r) { r.header.total_size = sizeof r + 1; }},
    {"total huge", [](RegionLayout& r) { r.header.total_size = UINT64_MAX; }},
    {"total zero", [](RegionLayout& r) { r.header.total_size = 0; }},
    {"page size 0", [](RegionLayout& r) { r.header.page_size = 0; }},
    {"page size odd", [](RegionLayout& r) { r.header.page_size = 8191; }},
    {"page size huge", [](RegionLayout& r) { r.header.page_size = 1u << 31; }},
    {"toc outside", [](RegionLayout& r) { r.header.toc_offset = UINT32_MAX; }},
    {"toc endless", [](RegionLayout& r) { r.header.toc_count = UINT32_MAX; }},
    {"toc empty", [](RegionLayout& r) { r.header.toc_count = 0; }},
    {"classes above rows", [](RegionLayout& r) { r.header.class_count = abi::kMaxClasses + 1; }},
    {"row size 0", [](RegionLayout& r) { r.toc[2].row_size = 0; }},
    {"row size odd", [](RegionLayout& r) { r.toc[2].row_size = 81; }},
    {"row size huge", [](RegionLayout& r) { r.toc[2].row_size = 0x80000000; }},
    {"rows endless", [](RegionLayout& r) { r.toc[3].row_count = UINT32_MAX; }},
    {"rows none", [](RegionLayout& r) { r.toc[0].row_count = 0; }},
    {"offset outside", [](RegionLayout& r) { r.toc[0].offset = sizeof r; }},
    {"offset wraps", [](RegionLayout& r) { r.toc[0].offset = UINT64_MAX - 7; }},
    {"offset odd", [](RegionLayout& r) { r.toc[0].offset += 1; }},
    {"section twice", [](RegionLayout& r) { r.toc[1].kind = r.toc[0].kind; }},
    {"section missing", [](RegionLayout& r) { r.toc[3].kind = 99; }},
    {"descriptors endless", [](RegionLayout& r) { r.toc[0].descriptor_count = UINT32_MAX; }},
    {"descriptors outside", [](RegionLayout& r) { r.toc[0].descriptor_offset = UINT32_MAX; }},
    {"name without end", [](RegionLayout& r) { std::memset(r.heap_counters[0].name, 'a', 32); }},
    {"name empty", [](RegionLayout& r) { r.heap_counters[0].name[0] = '\0'; }},
    {"name with escape", [](RegionLayout& r) { r.heap_counters[0].name[0] = '\x1b'; }},
    {"help with escape", [](RegionLayout& r) { r.class_counters[0].help[0] = '\x1b'; }},
    {"help without end", [](RegionLayout& r) { std::memset(r.class_counters[0].help, 'a', 88); }},
    {"counter outside its row", [](RegionLayout& r) { r.class_counters[0].offset = sizeof(abi::ClassRow); }},
    {"counter on the sequence", [](RegionLayout& r) { r.class_counters[0].offset = 0; }},
    {"counter unaligned", [](RegionLayout& r) { r.class_counters[0].offset = 9; }},
};

TEST(HostileRegion, LiesAboutTheLayoutAreRefused) {
  for (const Attack& attack : kRefused) {
    auto region = MakeFakeHeap();
    attack.change(*region);
    const Result<RegionImage> image = RegionImage::Parse(BytesOf(*region));
    ASSERT_FALSE(image) << attack.name;
    EXPECT_EQ(image.error().errno_value, kErrorUnreadable) << attack.name;
  }
}

const Attack kAbsurd[] = {
    {"size", [](RegionLayout& r) { r.classes[1].size = UINT64_MAX; }},
    {"slots", [](RegionLayout& r) { r.classes[1].slots = UINT64_MAX; }},
    {"mapped", [](RegionLayout& r) { r.global.heap_mapped = UINT64_MAX; }},
    {"capacity", [](RegionLayout& r) { r.threads[0].thread_cache_capacity = UINT64_MAX; }},
    {"missing counter", [](RegionLayout& r) { std::strcpy(r.class_counters[0].name, "siz"); }},
};

TEST(HostileRegion, AbsurdValuesAreRefused) {
  for (const Attack& attack : kAbsurd) {
    auto region = MakeFakeHeap();
    attack.change(*region);
    const Result<RegionImage> image = RegionImage::Parse(BytesOf(*region));
    ASSERT_TRUE(image) << attack.name;
    EXPECT_FALSE(MakeHeap(*image)) << attack.name;
  }
}

TEST(HostileRegion, TheLargestValuesDoNotOverflow) {
  auto region = MakeFakeHeap();
  const uint64_t most = uint64_t{1} << 56;
  for (abi::ClassRow& row : region->classes) {
    row.size = row.spans = row.span_pages = row.slots = most;
    row.central_objects = row.transfer_objects = row.thread_cache_objects = most;
  }
  region->header.class_count = abi::kMaxClasses;
  const Result<RegionImage> image = RegionImage::Parse(BytesOf(*region));
  const Result<Heap> heap = MakeHeap(*image);
  ASSERT_TRUE(heap);
  EXPECT_EQ(heap->now.live_bytes, INT64_MIN);
  EXPECT_EQ(heap->now.central_free, INT64_MAX);
}

TEST(HostileRegion, EveryTruncationIsRefused) {
  const std::vector<std::byte> whole = BytesOf(*MakeFakeHeap());
  for (size_t size = 0; size < whole.size(); size = size < 4096 ? size + 1 : size + 997) {
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(RegionImage::Parse(cut)) << size;
  }
}

TEST(HostileRegion, RandomDamageNeverCrashes) {
  std::mt19937_64 random(20240607);
  const std::vector<std::byte> whole = BytesOf(*MakeFakeHeap());
  const size_t interesting = offsetof(RegionLayout, threads) + 4096;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::byte> bytes = whole;
    for (int change = 0; change < 8; ++change) {
      const size_t span = random() % 2 == 0 ? sizeof(abi::RegionHeader) + sizeof(abi::TocEntry[4]) : interesting;
      bytes[random() % span] = static_cast<std::byte>(random());
    }
    Result<RegionImage> image = RegionImage::Parse(std::move(bytes));
    if (image) (void)MakeHeap(*image);
  }
}

}  // namespace
}  // namespace glassheap::tools
