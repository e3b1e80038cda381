// See rooms_fuzz.cc.

#ifndef GLASSHEAP_TESTS_FUZZ_ROOMS_FUZZ_H_
#define GLASSHEAP_TESTS_FUZZ_ROOMS_FUZZ_H_

#include <cstddef>
#include <cstdint>

namespace glassheap::testing {

// Not thread safe: there is one fake kernel.
void FuzzRooms(const uint8_t* data, size_t size);

// Feeds what a failure has left in rooms_fuzz.inputs to a new heap. Returns the number of inputs. REQUIRES: called first.
size_t FuzzRoomsReplay(const uint8_t* data, size_t size);

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_FUZZ_ROOMS_FUZZ_H_
