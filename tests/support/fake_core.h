// A core dump in memory: a note of the process, another of its first thread, and segments.

#ifndef GLASSHEAP_TESTS_SUPPORT_FAKE_CORE_H_
#define GLASSHEAP_TESTS_SUPPORT_FAKE_CORE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace glassheap::testing {

struct FakeSegment {
  uint64_t address;
  std::vector<std::byte> bytes;
};

std::vector<std::byte> MakeFakeCore(int pid, int signal, const std::vector<FakeSegment>& segments);

// With the region of MakeFakeHeap(pid) at an address of its own, behind a segment of other things.
std::vector<std::byte> MakeFakeCoreWithHeap(int pid, int signal = 6);

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_FAKE_CORE_H_
