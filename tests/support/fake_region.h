// A stats region as the allocator would write it, made by hand: for readers'
// tests without an allocator. Starts as a valid region of no heap; a test fills
// in rows, or breaks it.

#ifndef GLASSHEAP_TESTS_SUPPORT_FAKE_REGION_H_
#define GLASSHEAP_TESTS_SUPPORT_FAKE_REGION_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "allocator/abi/stats_region.h"
#include "tools/read/file_descriptor.h"

namespace glassheap::testing {

std::unique_ptr<abi::RegionLayout> MakeFakeRegion(uint64_t pid = 1);

// The region of a heap with one class of 64 bytes and one of 1024, two threads
// and a large object: every tier has bytes in it and the residual is 0.
std::unique_ptr<abi::RegionLayout> MakeFakeHeap(uint64_t pid = 1);

std::vector<std::byte> BytesOf(const abi::RegionLayout& region);

// A memfd named as a region is. seals: of fcntl's F_SEAL_*.
tools::FileDescriptor MakeRegionFile(const void* bytes, size_t size, int seals);
tools::FileDescriptor MakeRegionFile(const abi::RegionLayout& region);  // sealed as it should be

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_FAKE_REGION_H_
