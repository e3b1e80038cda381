// Several threads, each with memory of its own; and threads that live briefly.

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

// Runs body(0) to body(count - 1), each in a thread of its own.
template <typename Body>
void InThreads(size_t count, Body body) {
  constexpr size_t kMost = 16;
  std::thread threads[kMost];
  if (count > kMost) abort();
  for (size_t i = 0; i < count; ++i) threads[i] = std::thread(body, i);
  for (size_t i = 0; i < count; ++i) threads[i].join();
}

// Two threads, each taking and freeing batches of its own.
void MixedTwoThreads(Run& run) {
  constexpr size_t kBatch = 1000;
  const size_t rounds = run.Scaled(4'000);
  Array<char*> objects(2 * kBatch);
  run.Start();
  InThreads(2, [&](size_t index) {
    char** mine = objects.data() + index * kBatch;
    Random random(index);
    for (size_t round = 0; round < rounds; ++round) {
      for (size_t i = 0; i < kBatch; ++i) {
        mine[i] = Take(random.Between(1, 1023));
        mine[i][0] = 1;
      }
      for (size_t i = 0; i < kBatch; ++i) free(mine[i]);
    }
  });
  run.Stop();
  run.AddOperations(2 * rounds * kBatch);
}

// Mostly small, one of 32 a buffer of up to 16 KiB.
size_t ServerSize(Random& random) {
  return random.Below(32) == 0 ? random.Between(1024, 16 << 10) : random.Between(8, 1000);
}

// Four workers, each replacing objects of its part of a table at random; then
// new workers, each with the part of another: what they free is foreign.
void Server(Run& run) {
  constexpr size_t kThreads = 4, kSlots = 10'000, kGenerations = 8;
  const size_t operations = run.Scaled(100'000);
  Array<char*> table(kThreads * kSlots);
  run.Start();
  for (size_t generation = 0; generation < kGenerations; ++generation) {
    InThreads(kThreads, [&](size_t index) {
      char** part = table.data() + (index + generation) % kThreads * kSlots;
      Random random(generation * kThreads + index);
      for (size_t i = 0; i < operations; ++i) {
        char*& slot = part[random.Below(kSlots)];
        free(slot);
        slot = TakeTouched(ServerSize(random));
      }
    });
  }
  run.Stop();
  run.AddOperations(kGenerations * kThreads * operations);
  for (char* object : table) free(object);
}

// What a short-lived thread does with the heap.
void HundredObjects() {
  constexpr size_t kObjects = 100;
  char* objects[kObjects];
  for (size_t i = 0; i < kObjects; ++i) {
    objects[i] = Take(16 + i % 32 * 16);
    objects[i][0] = 1;
  }
  for (char* object : objects) free(object);
}

template <size_t kAtOnce>
void ShortThreads(Run& run) {
  const size_t rounds = run.Scaled(6'000 / kAtOnce);
  run.Start();
  for (size_t round = 0; round < rounds; ++round) {
    InThreads(kAtOnce, [](size_t) { HundredObjects(); });
  }
  run.Stop();
  run.AddOperations(rounds * kAtOnce);
}

constexpr Workload kWorkloads[] = {
    {"mixed_2_threads", "2 threads, batches of 1000 of 1 to 1023 B", 2, MixedTwoThreads},
    {"server_4_threads", "4 workers replace at random, then hand over", 4, Server},
    {"short_threads", "a thread per request: 100 objects, one after another", 1, ShortThreads<1>},
    {"short_threads_16", "16 such threads at a time", 16, ShortThreads<16>},
};

}  // namespace

std::span<const Workload> ThreadWorkloads() { return kWorkloads; }

}  // namespace glassheap::bench
