// The suite's slice of fuzzing: every file of the corpus, then random bytes. GLASSHEAP_FUZZ_EXECUTIONS sets how many
// (4,000 unless set), GLASSHEAP_FUZZ_LENGTH of at most how many bytes (511; all powers of two are as likely),
// GLASSHEAP_TEST_SEED from where. The test prints what repeats it. Every other input is a piece of a file of the corpus with
// some bytes changed.
#include "tests/fuzz/rooms_fuzz.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/support/random.h"

namespace glassheap::testing {
namespace {

using Bytes = std::vector<uint8_t>;

size_t Setting(const char* name, size_t otherwise) {
  const char* text = getenv(name);
  return text != nullptr ? strtoul(text, nullptr, 10) : otherwise;
}

std::vector<Bytes> Corpus() {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator("tests/fuzz/corpus")) files.push_back(file.path());
  std::sort(files.begin(), files.end());  // the same input for the same seed
  std::vector<Bytes> corpus;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return corpus;
}

void FillRandomly(Bytes& bytes, Random& random) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Next());
}

void FillFrom(const Bytes& file, Bytes& bytes, Random& random) {
  if (bytes.size() > file.size()) bytes.resize(file.size());
  const size_t at = random.Below(file.size() - bytes.size() + 1);
  std::copy_n(file.begin() + static_cast<ptrdiff_t>(at), bytes.size(), bytes.begin());
  for (size_t changes = random.Below(4); changes > 0 && !bytes.empty(); --changes) {
    bytes[random.Below(bytes.size())] = static_cast<uint8_t>(random.Next());
  }
}

TEST(RoomsFuzz, Corpus) {
  const std::vector<Bytes> corpus = Corpus();
  EXPECT_GT(corpus.size(), 10u);
  for (const Bytes& bytes : corpus) FuzzRooms(bytes.data(), bytes.size());
}

TEST(RoomsFuzz, RandomBytes) {
  Random random(0xf022);
  const std::vector<Bytes> corpus = Corpus();
  const size_t executions = Setting("GLASSHEAP_FUZZ_EXECUTIONS", 4000);
  const size_t length = Setting("GLASSHEAP_FUZZ_LENGTH", 511);
  Bytes bytes;
  for (size_t i = 0; i < executions; ++i) {
    bytes.resize(random.Skewed(length + 1));
    if (i % 2 == 0) {
      FillRandomly(bytes, random);
    } else {
      FillFrom(corpus[random.Below(corpus.size())], bytes, random);
    }
    FuzzRooms(bytes.data(), bytes.size());
  }
  printf("%zu executions, GLASSHEAP_TEST_SEED=%llu\n", executions, static_cast<unsigned long long>(TestSeed()));
}

}  // namespace
}  // namespace glassheap::testing
