// Any bytes as what a tool finds where a stats region or a core dump should be: see region_fuzz.cc.

#ifndef GLASSHEAP_TESTS_FUZZ_REGION_FUZZ_H_
#define GLASSHEAP_TESTS_FUZZ_REGION_FUZZ_H_

#include <cstddef>
#include <cstdint>

namespace glassheap::testing {

// What the input turned out to be, for counting.
enum class RegionFuzz { kRefused, kParsed, kHeap };

// Dies if what was made of the bytes breaks a promise of the readers; sanitizers watch the rest.
RegionFuzz FuzzRegion(const uint8_t* data, size_t size);

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_FUZZ_REGION_FUZZ_H_
