// The entry for clang's libFuzzer; tools/dev/fuzz builds it.
#include "tests/fuzz/rooms_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  glassheap::testing::FuzzRooms(data, size);
  return 0;
}
