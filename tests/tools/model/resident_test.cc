#include "tools/model/resident.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::BytesOf;
using glassheap::testing::MakeFakeHeap;

constexpr uint64_t kWindow = uint64_t{16} << 40;
constexpr uint64_t kHeap = kWindow + (uint64_t{4} << 30);
constexpr uint64_t kPage = 4096;
constexpr int64_t kBytes = 4096;

Mapping Map(uint64_t start, uint64_t pages, const char* permissions, const char* path) {
  Mapping mapping;
  mapping.start = start;
  mapping.end = start + pages * kPage;
  mapping.permissions = permissions;
  mapping.path = path;
  return mapping;
}

// A process of ten mappings, all of whose pages are present until a test says otherwise.
class ResidentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    heap_ = *MakeHeap(*RegionImage::Parse(BytesOf(*MakeFakeHeap())));
    mappings_ = {
        Map(0x400000, 2, "r-xp", "/usr/bin/prog"),
        Map(0x500000, 3, "rw-p", "[heap]"),
        Map(kWindow, 5, "rw-p", ""),  // page map and arena
        Map(kHeap, 400, "rw-p", ""),
        Map(0x7f0000000000, 7, "rw-p", ""),
        Map(0x7f0000100000, 11, "rw-s", "/dev/shm/x"),
        Map(0x7f0000200000, 13, "rw-s", "/memfd:glassheap (deleted)"),
        Map(0x7f0000300000, 17, "r-xp", "/usr/lib/libc.so.6"),
        Map(0x7f0000400000, 19, "rw-p", "/anon_hugepage (deleted)"),
        Map(0x7fff00000000, 23, "rw-p", "[stack]"),
    };
    SpaceHints hints;
    hints.program = "/usr/bin/prog";
    hints.heap = window_.whole();
    kinds_ = ClassifyMappings(mappings_, hints);
    for (const Mapping& mapping : mappings_) scan_.runs.push_back({mapping.start, mapping.end, kPagePresent});
  }

  Resident Make(int64_t rss = 0, const HeapPages* spans = nullptr) {
    const PageIndex pages(scan_);
    return MakeResident({.heap = heap_,
                         .window = window_,
                         .mappings = mappings_,
                         .kinds = kinds_,
                         .pages = pages,
                         .spans = spans,
                         .rss = rss,
                         .rss_before = rss - 5});
  }

  Heap heap_;
  HeapWindow window_ = {kWindow, kHeap, kHeap + (uint64_t{1} << 30)};
  std::vector<Mapping> mappings_;
  std::vector<SpaceKind> kinds_;
  PageScan scan_;
};

TEST_F(ResidentTest, WhatIsNotTheHeapsGoesByItsKind) {
  const Resident resident = Make();
  EXPECT_EQ(resident.now.files.present, (2 + 17) * kBytes);
  EXPECT_EQ(resident.now.other_anonymous.present, (3 + 7) * kBytes);
  EXPECT_EQ(resident.now.shared_memory.present, 11 * kBytes);
  EXPECT_EQ(resident.now.introspection.present, 13 * kBytes);
  EXPECT_EQ(resident.now.metadata.present, 5 * kBytes);
  EXPECT_EQ(resident.now.stacks.present, 23 * kBytes);
}

TEST_F(ResidentTest, BucketsAndWhatIsUnattributedAreRss) {
  for (const int64_t rss : {int64_t{0}, int64_t{1} << 20, int64_t{1} << 40}) {
    const Resident resident = Make(rss);
    EXPECT_EQ(Attributed(resident), 481 * kBytes);  // all pages but those of hugetlbfs
    EXPECT_EQ(Attributed(resident) + resident.unattributed, rss);
    EXPECT_EQ(resident.moved, 5);
  }
}

// 1,638,400 bytes are there of 1,208,320 that may be: the rest was released and is still there.
TEST_F(ResidentTest, PublishedMoreThanTheTiersHaveIsReleasedMemory) {
  const Resident resident = Make();
  EXPECT_EQ(resident.source, TierSource::kPublished);
  EXPECT_EQ(resident.now.page_heap_free.present, 81920);
  EXPECT_EQ(resident.now.central_free.present, 6400);
  EXPECT_EQ(resident.now.page_heap_released.present, 400 * kBytes - (heap_.now.mapped - 131'072 - 8192));
  EXPECT_EQ(resident.live_untouched, 0);
}

TEST_F(ResidentTest, PublishedIsSharedOutInProportionWithBounds) {
  scan_.runs[3].end = kHeap + 100 * kPage;
  const Resident resident = Make();
  const int64_t tiers = heap_.now.mapped - 131'072 - 8192;
  const int64_t present = 100 * kBytes;
  EXPECT_EQ(resident.now.page_heap_free.present, 81920 * present / tiers);
  EXPECT_EQ(resident.now.page_heap_released.present, 0);
  EXPECT_NEAR(resident.live_untouched, heap_.now.live_bytes - heap_.now.live_bytes * present / tiers, 8);
  ASSERT_EQ(resident.bounds.size(), kResidentBucketCount);
  for (size_t i = 0; i < kResidentBucketCount; ++i) {
    const int64_t value = (resident.now.*kResidentBuckets[i].amounts).present;
    EXPECT_LE(resident.bounds[i].low, value) << kResidentBuckets[i].key;
    EXPECT_GE(resident.bounds[i].high, value) << kResidentBuckets[i].key;
  }
  EXPECT_EQ(resident.bounds[6].low, 0);  // the page heap's free spans may all be untouched, or all be there
  EXPECT_EQ(resident.bounds[6].high, 81920);
}

TEST_F(ResidentTest, ExactIsBySpans) {
  SpanTable table;
  table.heap_base = kHeap;
  table.page_size = 8192;
  table.pages = 200;
  SpanRecord large;
  large.page_count = 150;
  large.use = SpanUse::kLarge;
  SpanRecord free;
  free.first_page = 150;
  free.page_count = 50;
  table.spans = {large, free};
  scan_.runs[3].end = kHeap + 8192;
  const PageIndex pages(scan_);
  const std::vector<uint64_t> sizes = {0};
  const HeapPages spans(table, pages, sizes);
  const Resident resident = Make(0, &spans);
  EXPECT_EQ(resident.source, TierSource::kExact);
  EXPECT_EQ(resident.now.live_touched.present + resident.now.internal_frag_est.present, 8192);
  EXPECT_EQ(resident.live_untouched, 149 * 8192);
  EXPECT_TRUE(resident.bounds.empty());
}

// V8 puts chunks at random addresses, which may lie in the window, above what the heap has grown to.
TEST_F(ResidentTest, AMappingOfTheProgramsInTheWindowIsTheProgramsOwn) {
  SpanTable table;
  table.heap_base = kHeap;
  table.page_size = 8192;
  table.pages = 200;  // the 400 of the heap's mapping
  SpanRecord large;
  large.page_count = 200;
  large.use = SpanUse::kLarge;
  table.spans = {large};
  const Mapping foreign = Map(kHeap + (uint64_t{1} << 29), 31, "rw-p", "");
  mappings_.insert(mappings_.begin() + 4, foreign);
  kinds_.insert(kinds_.begin() + 4, SpaceKind::kGlassheap);
  scan_.runs.insert(scan_.runs.begin() + 4, {foreign.start, foreign.end, kPagePresent});
  const PageIndex pages(scan_);
  const std::vector<uint64_t> sizes = {0};
  const HeapPages spans(table, pages, sizes);
  const Resident resident = Make(0, &spans);
  EXPECT_EQ(resident.now.other_anonymous.present, (3 + 7 + 31) * kBytes);
  EXPECT_EQ(Attributed(resident), (481 + 31) * kBytes);
}

TEST_F(ResidentTest, InternalFragmentationIsPartOfWhatIsLive) {
  const Resident resident = Make();
  // Class 64 follows class 0: 300 objects, gap 64. Class 1024: 6 objects, gap 960. Two large ones.
  EXPECT_EQ(resident.internal_frag_max, 300 * 63 + 6 * 959 + 2 * 8191);
  EXPECT_EQ(resident.now.internal_frag_est.bytes, (300 * 56 + 6 * 952) / 2 + 8192);
  EXPECT_GT(resident.now.internal_frag_est.present, 0);
  EXPECT_EQ(resident.now.live_touched.bytes + resident.now.internal_frag_est.bytes, heap_.now.live_bytes);
}

TEST_F(ResidentTest, SwappedPagesAreCountedApart) {
  scan_.runs[4].flags = kPageSwapped;
  scan_.runs[3].flags = kPagePresent | kPageHuge;
  const Resident resident = Make();
  EXPECT_EQ(resident.now.other_anonymous.present, 3 * kBytes);
  EXPECT_EQ(resident.now.other_anonymous.swapped, 7 * kBytes);
  EXPECT_EQ(resident.swapped, 7 * kBytes);
  EXPECT_EQ(resident.huge, 400 * kBytes);
}

TEST_F(ResidentTest, LiesStayWithinBounds) {
  for (HeapClass& one : heap_.classes) one.live_objects = INT64_MAX;
  heap_.now.live_bytes = INT64_MAX;
  heap_.now.thread_cache_free = INT64_MIN;
  heap_.large_objects = UINT64_MAX;
  const Resident resident = Make(100);
  EXPECT_EQ(Attributed(resident), 481 * kBytes);
}

TEST(ResidentBuckets, EachHasItsOwnKeyAndField) {
  std::set<std::string> keys;
  for (const ResidentBucket& bucket : kResidentBuckets) {
    EXPECT_TRUE(keys.insert(bucket.key).second);
    for (const ResidentBucket& other : kResidentBuckets) {
      EXPECT_EQ(&bucket == &other, bucket.amounts == other.amounts);
    }
  }
}

TEST(HeapWindow, IsWhatTheRegionSays) {
  auto region = MakeFakeHeap();
  const auto find = [&] { return FindHeapWindow(*RegionImage::Parse(BytesOf(*region))); };
  EXPECT_FALSE(find());
  region->header.heap_base = kHeap;
  region->header.heap_window = 4096;
  EXPECT_EQ(find()->metadata_base, kHeap);  // an older glassheap
  region->layout.metadata_base = kWindow;
  EXPECT_EQ(find()->metadata_base, kWindow);
  EXPECT_EQ(find()->heap_end, kHeap + 4096);
  region->layout.metadata_base = kHeap + 1;
  EXPECT_EQ(find()->metadata_base, kHeap);
  region->header.heap_window = UINT64_MAX;
  EXPECT_FALSE(find());
}

}  // namespace
}  // namespace glassheap::tools
