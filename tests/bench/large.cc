// Blocks of pages: buffers, images, vectors that grow. Page faults and calls
// of the kernel decide here.

#include <cstdlib>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

// 300 KiB to 16 MiB, each power of two as likely as the next.
size_t BlockSize(Random& random) {
  const size_t power = random.Between(0, 5);
  return random.Between(300 << 10, 512 << 10) << power;
}

// Eight blocks live, one at random is replaced and every page written.
void LargeBlocks(Run& run) {
  constexpr size_t kLive = 8;
  const size_t operations = run.Scaled(400);
  Array<char*> blocks(kLive);
  Random random(13);
  run.Start();
  for (size_t i = 0; i < operations; ++i) {
    char*& block = blocks[random.Below(kLive)];
    free(block);
    const size_t size = BlockSize(random);
    block = Take(size);
    TouchPages(block, size);
  }
  run.Stop();
  run.AddOperations(operations);
  for (char* block : blocks) free(block);
}

// A block of one size, every page written, freed: a frame, a request buffer.
template <size_t kSize, size_t kCount>
void TouchedPairs(Run& run) {
  const size_t count = run.Scaled(kCount);
  run.Start();
  for (size_t i = 0; i < count; ++i) {
    char* block = Take(kSize);
    TouchPages(block, kSize);
    free(block);
  }
  run.Stop();
  run.AddOperations(count);
}

char* Grow(char* p, size_t size) {
  char* grown = static_cast<char*>(realloc(p, size));
  if (grown == nullptr) abort();
  grown[size - 1] = 1;
  return grown;
}

// A string that is appended to, 16 B at a time.
void ReallocSmall(Run& run) {
  const size_t rounds = run.Scaled(800);
  uint64_t operations = 0;
  run.Start();
  for (size_t round = 0; round < rounds; ++round) {
    char* p = nullptr;
    for (size_t size = 16; size <= 64 << 10; size += 16, ++operations) {
      p = Grow(p, size);
    }
    free(p);
  }
  run.Stop();
  run.AddOperations(operations);
}

// A vector that grows by a factor; the new part is written.
void ReallocLarge(Run& run, size_t rounds, double factor) {
  constexpr size_t kFirst = 64 << 10, kLast = 64 << 20;
  uint64_t operations = 0;
  run.Start();
  for (size_t round = 0; round < rounds; ++round) {
    char* p = nullptr;
    size_t written = 0;
    for (double size = kFirst; size <= kLast; size *= factor, ++operations) {
      p = Grow(p, size);
      TouchPages(p + written, size - written);
      written = size;
    }
    free(p);
  }
  run.Stop();
  run.AddOperations(operations);
}

void ReallocDoubling(Run& run) { ReallocLarge(run, run.Scaled(6), 2); }
void ReallocByThird(Run& run) { ReallocLarge(run, run.Scaled(6), 1.3); }

constexpr Workload kWorkloads[] = {
    {"large_blocks", "300 KiB to 16 MiB, 8 live, replaced and written", 1, LargeBlocks},
    {"touch_300k", "300 KiB taken, written, freed", 1, TouchedPairs<300 << 10, 150'000>},
    {"touch_4m", "4 MiB taken, written, freed", 1, TouchedPairs<4 << 20, 8'000>},
    {"realloc_16_64k", "a string grows from 16 B to 64 KiB by 16 B", 1, ReallocSmall},
    {"realloc_doubling", "a vector doubles from 64 KiB to 64 MiB", 1, ReallocDoubling},
    {"realloc_1.3", "a vector grows by 1.3 from 64 KiB to 64 MiB", 1, ReallocByThird},
};

}  // namespace

std::span<const Workload> LargeWorkloads() { return kWorkloads; }

}  // namespace glassheap::bench
