// A large live set that changes at random: caches, indexes, long-lived heaps.

#include <cstdlib>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

// 200,000 live objects of 16 to 255 B; one at random is replaced each time.
void Churn(Run& run) {
  constexpr size_t kLive = 200'000;
  const size_t operations = run.Scaled(2'500'000);
  Array<char*> objects(kLive);
  Random random(3);
  for (char*& object : objects) {
    object = TakeTouched(random.Between(16, 255));
  }
  run.Start();
  for (size_t i = 0; i < operations; ++i) {
    char*& object = objects[random.Below(kLive)];
    free(object);
    object = TakeTouched(random.Between(16, 255));
  }
  run.Stop();
  run.AddOperations(operations);
  for (char* object : objects) free(object);
}

// Fills empty slots until `live` bytes are live. Returns how many it filled.
size_t Refill(Array<char*>& slots, Array<uint32_t>& sizes, Random& random, size_t low, size_t high, size_t live) {
  size_t total = 0, filled = 0;
  for (uint32_t size : sizes) total += size;
  for (size_t i = 0; i < slots.size() && total < live; ++i) {
    if (slots[i] != nullptr) continue;
    sizes[i] = random.Between(low, high);
    slots[i] = TakeTouched(sizes[i]);
    total += sizes[i];
    ++filled;
  }
  return filled;
}

// A program of two phases, one with smaller objects, one with larger. Between
// them three of four are freed at random; the live bytes stay the same. How
// much of the holes can the allocator use?
void Fragment(Run& run) {
  const size_t live = run.Scaled(64 << 20);
  Array<char*> slots(live / 128);
  Array<uint32_t> sizes(slots.size());
  Random random(5);
  size_t operations = 0;
  run.Start();
  for (int phase = 0; phase < 6; ++phase) {
    const size_t low = phase % 2 == 0 ? 16 : 128;
    operations += Refill(slots, sizes, random, low, low + 496, live);
    for (size_t i = 0; i < slots.size(); ++i) {
      if (random.Below(4) == 0) continue;
      free(slots[i]);
      slots[i] = nullptr;
      sizes[i] = 0;
    }
  }
  run.Stop();
  run.AddOperations(operations);
  run.Report("rss_after_free", ResidentBytes());
  for (char* slot : slots) free(slot);
}

constexpr Workload kWorkloads[] = {
    {"churn_200k", "200,000 live of 16 to 255 B, replaced at random", 1, Churn},
    {"fragment", "64 MiB; 3 of 4 freed at random; refilled with other sizes", 1, Fragment},
};

}  // namespace

std::span<const Workload> ChurnWorkloads() { return kWorkloads; }

}  // namespace glassheap::bench
