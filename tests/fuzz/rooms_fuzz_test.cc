// The suite's slice of fuzzing: every file of the corpus, then random bytes. GLASSHEAP_FUZZ_EXECUTIONS sets how many
// (4,000 unless set), GLASSHEAP_TEST_SEED from where. The test prints what repeats it.
#include "tests/fuzz/rooms_fuzz.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/support/random.h"

namespace glassheap::testing {
namespace {

size_t Executions() {
  const char* text = getenv("GLASSHEAP_FUZZ_EXECUTIONS");
  return text != nullptr ? strtoul(text, nullptr, 10) : 4000;
}

TEST(RoomsFuzz, Corpus) {
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator("tests/fuzz/corpus")) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream), {}};
    SCOPED_TRACE(file.path());
    FuzzRooms(bytes.data(), bytes.size());
    ++files;
  }
  EXPECT_GT(files, 10u);
}

TEST(RoomsFuzz, RandomBytes) {
  Random random(0xf022);
  std::vector<uint8_t> bytes;
  const size_t executions = Executions();
  for (size_t i = 0; i < executions; ++i) {
    bytes.resize(random.Skewed(512));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next());
    FuzzRooms(bytes.data(), bytes.size());
  }
  printf("%zu executions, GLASSHEAP_TEST_SEED=%llu\n", executions, static_cast<unsigned long long>(TestSeed()));
}

}  // namespace
}  // namespace glassheap::testing
