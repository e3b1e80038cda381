#include "tests/support/random.h"

#include <cstdio>
#include <cstdlib>

namespace glassheap::testing {
namespace {

uint64_t ReadSeed() {
  const char* text = getenv("GLASSHEAP_TEST_SEED");
  const uint64_t seed = text != nullptr && *text != '\0' ? strtoull(text, nullptr, 0) : 1;
  fprintf(stderr, "GLASSHEAP_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace

uint64_t TestSeed() {
  static const uint64_t seed = ReadSeed();
  return seed;
}

}  // namespace glassheap::testing
