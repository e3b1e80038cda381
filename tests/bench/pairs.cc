// One object taken and freed at once: the cost of a hit, and of whatever an
// allocator does instead of keeping a large block at hand.

#include <cstdlib>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

template <typename TakeOne>
void Pairs(Run& run, size_t count, TakeOne take) {
  const auto repeat = [&](size_t times) {
    for (size_t i = 0; i < times; ++i) {
      char* p = take();
      p[0] = 1;
      Keep(p);
      free(p);
    }
  };
  repeat(1000);
  run.Start();
  repeat(count);
  run.Stop();
  run.AddOperations(count);
}

template <size_t kSize, size_t kCount>
void Malloc(Run& run) {
  Pairs(run, run.Scaled(kCount), [] { return Take(kSize); });
}

void Calloc256(Run& run) {
  Pairs(run, run.Scaled(10'000'000), [] { return static_cast<char*>(calloc(1, 256)); });
}

void Memalign64(Run& run) {
  Pairs(run, run.Scaled(10'000'000), [] {
    void* p = nullptr;
    if (posix_memalign(&p, 64, 200) != 0) abort();
    return static_cast<char*>(p);
  });
}

constexpr Workload kWorkloads[] = {
    {"pair_8", "8 B taken and freed at once", 1, Malloc<8, 20'000'000>},
    {"pair_16", "16 B taken and freed at once", 1, Malloc<16, 20'000'000>},
    {"pair_64", "64 B taken and freed at once", 1, Malloc<64, 20'000'000>},
    {"pair_512", "512 B taken and freed at once", 1, Malloc<512, 20'000'000>},
    {"pair_1024", "1 KiB taken and freed at once", 1, Malloc<1024, 20'000'000>},
    {"pair_8k", "an 8 KiB buffer per call", 1, Malloc<8 << 10, 10'000'000>},
    {"pair_64k", "a 64 KiB buffer per call", 1, Malloc<64 << 10, 10'000'000>},
    {"pair_300k", "a 300 KiB buffer per call", 1, Malloc<300 << 10, 3'000'000>},
    {"pair_2m", "a 2 MiB buffer per call", 1, Malloc<2 << 20, 3'000'000>},
    {"calloc_256", "256 zeroed bytes taken and freed at once", 1, Calloc256},
    {"memalign_64", "200 B on a cache line, taken and freed at once", 1, Memalign64},
};

}  // namespace

std::span<const Workload> PairWorkloads() { return kWorkloads; }

}  // namespace glassheap::bench
