// The entry for clang's libFuzzer; see README.md.
#include "tests/fuzz/region_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  glassheap::testing::FuzzRegion(data, size);
  return 0;
}
