// A thousand objects taken, then freed: a request that builds a structure and
// drops it. The order of freeing decides what the next batch gets.

#include <utility>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

constexpr size_t kBatch = 1000;

enum class Order { kLifo, kFifo, kRandom };

// The indices of a batch in the order in which to free it.
void FillOrder(Array<uint32_t>& indices, Order order) {
  for (size_t i = 0; i < kBatch; ++i) {
    indices[i] = order == Order::kLifo ? kBatch - 1 - i : i;
  }
  if (order != Order::kRandom) return;
  Random random(7);
  for (size_t i = kBatch - 1; i > 0; --i) {
    std::swap(indices[i], indices[random.Below(i + 1)]);
  }
}

// sizes[i] is the size of the batch's i-th object.
void Batches(Run& run, size_t rounds, Array<uint32_t>& sizes, Order order) {
  Array<char*> objects(kBatch);
  Array<uint32_t> indices(kBatch);
  FillOrder(indices, order);
  const auto repeat = [&](size_t times) {
    for (size_t round = 0; round < times; ++round) {
      for (size_t i = 0; i < kBatch; ++i) {
        objects[i] = Take(sizes[i]);
        objects[i][0] = 1;
      }
      for (uint32_t index : indices) free(objects[index]);
    }
  };
  repeat(2);
  run.Start();
  repeat(rounds);
  run.Stop();
  run.AddOperations(rounds * kBatch);
}

template <size_t kSize, Order kOrder>
void OfOneSize(Run& run) {
  Array<uint32_t> sizes(kBatch);
  for (uint32_t& size : sizes) size = kSize;
  Batches(run, run.Scaled(kSize < 512 ? 10'000 : 5'000), sizes, kOrder);
}

template <Order kOrder>
void OfMixedSizes(Run& run) {
  Array<uint32_t> sizes(kBatch);
  Random random(11);
  for (uint32_t& size : sizes) size = random.Between(1, 1023);
  Batches(run, run.Scaled(8'000), sizes, kOrder);
}

constexpr Workload kWorkloads[] = {
    {"batch_16_lifo", "1000 of 16 B, last freed first", 1, OfOneSize<16, Order::kLifo>},
    {"batch_16_fifo", "1000 of 16 B, first freed first", 1, OfOneSize<16, Order::kFifo>},
    {"batch_16_random", "1000 of 16 B, freed in random order", 1, OfOneSize<16, Order::kRandom>},
    {"batch_64_lifo", "1000 of 64 B, last freed first", 1, OfOneSize<64, Order::kLifo>},
    {"batch_64_fifo", "1000 of 64 B, first freed first", 1, OfOneSize<64, Order::kFifo>},
    {"batch_64_random", "1000 of 64 B, freed in random order", 1, OfOneSize<64, Order::kRandom>},
    {"batch_512_lifo", "1000 of 512 B, last freed first", 1, OfOneSize<512, Order::kLifo>},
    {"batch_512_fifo", "1000 of 512 B, first freed first", 1, OfOneSize<512, Order::kFifo>},
    {"batch_512_random", "1000 of 512 B, freed in random order", 1, OfOneSize<512, Order::kRandom>},
    {"batch_mixed_lifo", "1000 of 1 to 1023 B, last freed first", 1, OfMixedSizes<Order::kLifo>},
    {"batch_mixed_fifo", "1000 of 1 to 1023 B, first freed first", 1, OfMixedSizes<Order::kFifo>},
    {"batch_mixed_random", "1000 of 1 to 1023 B, freed in random order", 1, OfMixedSizes<Order::kRandom>},
};

}  // namespace

std::span<const Workload> BatchWorkloads() { return kWorkloads; }

}  // namespace glassheap::bench
