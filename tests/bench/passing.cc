// One thread takes, another frees: pipelines, message queues, thread pools.

#include <sched.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

// A ring between one producer and one consumer. Each side tells the other of
// its progress every kStride objects only, so that the ring costs little
// beside the allocator. Counts passed must be multiples of kStride.
class Ring {
 public:
  static constexpr size_t kStride = 50;

  void Put(char* object) {
    while (put_ - taken_seen_ == kSlots) {
      taken_seen_ = taken_.load(std::memory_order_acquire);
      if (put_ - taken_seen_ == kSlots) sched_yield();
    }
    slots_[put_++ % kSlots] = object;
    if (put_ % kStride == 0) {
      put_shared_.store(put_, std::memory_order_release);
    }
  }

  char* Get() {
    while (got_ == put_seen_) {
      put_seen_ = put_shared_.load(std::memory_order_acquire);
      if (got_ == put_seen_) sched_yield();
    }
    char* object = slots_[got_++ % kSlots];
    if (got_ % kStride == 0) taken_.store(got_, std::memory_order_release);
    return object;
  }

  // Whether Get() would return at once.
  bool Ready() {
    if (got_ == put_seen_) {
      put_seen_ = put_shared_.load(std::memory_order_acquire);
    }
    return got_ != put_seen_;
  }

 private:
  static constexpr size_t kSlots = 4096;

  char* slots_[kSlots];
  alignas(64) size_t put_ = 0;  // the producer's
  size_t taken_seen_ = 0;
  alignas(64) size_t got_ = 0;  // the consumer's
  size_t put_seen_ = 0;
  alignas(64) std::atomic<size_t> put_shared_{0};
  alignas(64) std::atomic<size_t> taken_{0};
};

constexpr size_t kMostRings = 2;
Ring rings[kMostRings];

void Produce(Ring& ring, size_t count, size_t low, size_t high) {
  Random random(count);
  for (size_t i = 0; i < count; ++i) {
    char* object = Take(random.Between(low, high));
    object[0] = 1;
    ring.Put(object);
  }
}

void Consume(Ring& ring, size_t count) {
  for (size_t i = 0; i < count; ++i) free(ring.Get());
}

template <size_t kPairs, size_t kLow, size_t kHigh>
void Pairs(Run& run) {
  const size_t count = run.Scaled(60'000 / kPairs) * Ring::kStride;
  std::thread threads[2 * kPairs];
  run.Start();
  for (size_t i = 0; i < kPairs; ++i) {
    threads[2 * i] =
        std::thread([&, i] { Produce(rings[i], count, kLow, kHigh); });
    threads[2 * i + 1] = std::thread([&, i] { Consume(rings[i], count); });
  }
  for (std::thread& thread : threads) thread.join();
  run.Stop();
  run.AddOperations(kPairs * count);
}

// Sends `count` and frees `count` of the other's, in strides; takes what is
// there before it sends more, so that neither ring fills for ever.
void Converse(Ring& out, Ring& in, size_t count) {
  Random random(count);
  size_t got = 0;
  for (size_t sent = 0; sent < count; sent += Ring::kStride) {
    for (size_t i = 0; i < Ring::kStride; ++i) {
      char* object = Take(random.Between(16, 256));
      object[0] = 1;
      out.Put(object);
    }
    while (in.Ready()) {
      free(in.Get());
      ++got;
    }
  }
  for (; got < count; ++got) free(in.Get());
}

// Each thread is the producer of one direction and the consumer of the other.
void BothWays(Run& run) {
  const size_t count = run.Scaled(30'000) * Ring::kStride;
  run.Start();
  std::thread there([&] { Converse(rings[0], rings[1], count); });
  std::thread back([&] { Converse(rings[1], rings[0], count); });
  there.join();
  back.join();
  run.Stop();
  run.AddOperations(2 * count);
}

// Messages that are arrays of 500 pointers: the consumer gets a whole batch
// and frees the objects, then the array.
void Batches(Run& run) {
  constexpr size_t kObjects = 500;
  const size_t count = run.Scaled(120) * Ring::kStride;  // of messages
  run.Start();
  std::thread producer([&] {
    for (size_t i = 0; i < count; ++i) {
      auto message = reinterpret_cast<char**>(Take(kObjects * sizeof(char*)));
      for (size_t k = 0; k < kObjects; ++k) {
        message[k] = Take(64);
        message[k][0] = 1;
      }
      rings[0].Put(reinterpret_cast<char*>(message));
    }
  });
  std::thread consumer([&] {
    for (size_t i = 0; i < count; ++i) {
      auto message = reinterpret_cast<char**>(rings[0].Get());
      for (size_t k = 0; k < kObjects; ++k) free(message[k]);
      free(message);
    }
  });
  producer.join();
  consumer.join();
  run.Stop();
  run.AddOperations(count * kObjects);
}

constexpr Workload kWorkloads[] = {
    {"pass_64", "one thread takes 64 B, another frees", 2, Pairs<1, 64, 64>},
    {"pass_mixed", "one thread takes 16 to 256 B, another frees", 2,
     Pairs<1, 16, 256>},
    {"pass_2_pairs", "two such pairs", 4, Pairs<2, 16, 256>},
    {"pass_both_ways", "two threads, each frees what the other takes", 2,
     BothWays},
    {"pass_batches", "one thread frees batches of 500 of 64 B of another", 2,
     Batches},
};

}  // namespace

std::span<const Workload> PassingWorkloads() { return kWorkloads; }

}  // namespace glassheap::bench
