// The suite's slice of fuzzing: every change alone, then random ones. GLASSHEAP_FUZZ_EXECUTIONS sets how many (20,000
// unless set), GLASSHEAP_TEST_SEED from where.

#include "tests/fuzz/region_fuzz.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "tests/support/random.h"

namespace glassheap::testing {
namespace {

size_t Executions() {
  const char* text = getenv("GLASSHEAP_FUZZ_EXECUTIONS");
  return text != nullptr ? strtoul(text, nullptr, 10) : 20'000;
}

TEST(RegionFuzz, WhatIsNotSpoiltIsAHeap) {
  for (const uint8_t mode : {1, 2, 3}) EXPECT_EQ(FuzzRegion(&mode, 1), RegionFuzz::kHeap) << int{mode};
  EXPECT_EQ(FuzzRegion(nullptr, 0), RegionFuzz::kRefused);
  EXPECT_EQ(FuzzRegion(std::vector<uint8_t>(300, 0).data(), 300), RegionFuzz::kRefused);
}

// What was found once.
TEST(RegionFuzz, Corpus) {
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator("tests/fuzz/region_corpus")) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream), {}};
    SCOPED_TRACE(file.path());
    FuzzRegion(bytes.data(), bytes.size());
    ++files;
  }
  EXPECT_GT(files, 0u);
}

TEST(RegionFuzz, EachPlaceOnce) {
  for (const uint8_t mode : {1, 2}) {
    for (unsigned place = 0; place < 65536; place += 97) {
      for (const uint8_t how : {0xb8, 0xb9, 0xf9, 0x7c}) {
        const uint8_t input[] = {mode, static_cast<uint8_t>(place >> 8), static_cast<uint8_t>(place), how, 1};
        FuzzRegion(input, sizeof input);
      }
    }
  }
}

TEST(RegionFuzz, RandomChanges) {
  Random random(0x5eed);
  std::vector<uint8_t> bytes;
  std::map<RegionFuzz, size_t> seen;
  const size_t executions = Executions();
  for (size_t i = 0; i < executions; ++i) {
    bytes.resize(1 + random.Skewed(64));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next());
    ++seen[FuzzRegion(bytes.data(), bytes.size())];
  }
  printf("%zu executions: %zu refused, %zu parsed, %zu heaps; GLASSHEAP_TEST_SEED=%llu\n", executions,
         seen[RegionFuzz::kRefused], seen[RegionFuzz::kParsed], seen[RegionFuzz::kHeap],
         static_cast<unsigned long long>(TestSeed()));
  // It goes everywhere: neither refuses all nor believes all.
  EXPECT_GT(seen[RegionFuzz::kRefused], executions / 50);
  EXPECT_GT(seen[RegionFuzz::kHeap], executions / 50);
}

}  // namespace
}  // namespace glassheap::testing
