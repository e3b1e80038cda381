// Some runtimes have fixed addresses. The heap lay at random from 16 to 80 TiB: a program built with MemorySanitizer did not
// start, and in one process of eight the shadow of Go's race detector, or ZGC's heap, met it.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

namespace {

constexpr uintptr_t kTiB = uintptr_t{1} << 40;

struct Range {
  const char* whose;
  uintptr_t first;
  uintptr_t end;
};

constexpr Range kRanges[] = {
    {"AddressSanitizer's shadow", 0x02008fff7000, 0x10007fff8000},
    {"MemorySanitizer's shadow and origins", 0x100000000000, 0x510000000000},
    {"Go's race detector", 0x200000000000, 0x238000000000},
    {"ZGC's heap", 4 * kTiB, 20 * kTiB},
    {"V8's hints", 2 * kTiB, 64 * kTiB},
};

TEST(FixedAddressesOfOthers, AreFree) {
  void* volatile small = malloc(100);
  void* volatile large = malloc(1 << 20);
  for (const Range& range : kRanges) {
    void* const at = reinterpret_cast<void*>(range.first);
    void* const mapped = mmap(at, range.end - range.first, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    EXPECT_EQ(mapped, at) << range.whose;
    if (mapped != MAP_FAILED) munmap(mapped, range.end - range.first);
  }
  free(small);
  free(large);
}

}  // namespace
