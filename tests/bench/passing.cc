// One thread takes, another frees: pipelines, message queues, thread pools.

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <thread>

#include "tests/bench/workload.h"

namespace glassheap::bench {
namespace {

// A ring between one producer and one consumer. Each side tells the other of
// its progress every kStride objects only, and sleeps when it has to wait: the
// ring costs little beside the allocator, whether or not the two run at the
// same time. Counts passed must be multiples of kStride.
template <uint32_t kSlots, uint32_t kStride>
class Ring {
 public:
  void Put(char* object) {
    for (; put_ - taken_seen_ == kSlots; taken_seen_ = taken_.load()) {
      taken_.wait(taken_seen_);
    }
    slots_[put_++ % kSlots] = object;
    if (put_ % kStride == 0) Tell(put_shared_, put_);
  }

  char* Get() {
    for (; got_ == put_seen_; put_seen_ = put_shared_.load()) {
      put_shared_.wait(put_seen_);
    }
    char* object = slots_[got_++ % kSlots];
    if (got_ % kStride == 0) Tell(taken_, got_);
    return object;
  }

  // Whether Get() would return at once.
  bool Ready() {
    if (got_ == put_seen_) put_seen_ = put_shared_.load();
    return got_ != put_seen_;
  }

 private:
  static void Tell(std::atomic<uint32_t>& progress, uint32_t count) {
    progress.store(count);
    progress.notify_one();
  }

  char* slots_[kSlots];
  alignas(64) uint32_t put_ = 0;  // the producer's
  uint32_t taken_seen_ = 0;
  alignas(64) uint32_t got_ = 0;  // the consumer's
  uint32_t put_seen_ = 0;
  alignas(64) std::atomic<uint32_t> put_shared_{0};
  alignas(64) std::atomic<uint32_t> taken_{0};
};

constexpr size_t kStride = 512;
using ObjectRing = Ring<8 * kStride, kStride>;
ObjectRing rings[2];

void Produce(ObjectRing& ring, size_t count, size_t low, size_t high) {
  Random random(count);
  for (size_t i = 0; i < count; ++i) {
    char* object = Take(random.Between(low, high));
    object[0] = 1;
    ring.Put(object);
  }
}

void Consume(ObjectRing& ring, size_t count) {
  for (size_t i = 0; i < count; ++i) free(ring.Get());
}

template <size_t kPairs, size_t kLow, size_t kHigh>
void Pairs(Run& run) {
  const size_t count = run.Scaled(6'000 / kPairs) * kStride;
  std::thread threads[2 * kPairs];
  run.Start();
  for (size_t i = 0; i < kPairs; ++i) {
    threads[2 * i] = std::thread([&, i] { Produce(rings[i], count, kLow, kHigh); });
    threads[2 * i + 1] = std::thread([&, i] { Consume(rings[i], count); });
  }
  for (std::thread& thread : threads) thread.join();
  run.Stop();
  run.AddOperations(kPairs * count);
}

// Sends `count` and frees `count` of the other's, in strides; takes what is
// there before it sends more, so that neither ring fills for ever.
void Converse(ObjectRing& out, ObjectRing& in, size_t count) {
  Random random(count);
  size_t got = 0;
  for (size_t sent = 0; sent < count; sent += kStride) {
    for (size_t i = 0; i < kStride; ++i) {
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
  const size_t count = run.Scaled(3'000) * kStride;
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
  static Ring<16, 2> ring;
  const size_t count = run.Scaled(3'000) * 2;
  run.Start();
  std::thread producer([&] {
    for (size_t i = 0; i < count; ++i) {
      auto message = reinterpret_cast<char**>(Take(kObjects * sizeof(char*)));
      for (size_t k = 0; k < kObjects; ++k) {
        message[k] = Take(64);
        message[k][0] = 1;
      }
      ring.Put(reinterpret_cast<char*>(message));
    }
  });
  std::thread consumer([&] {
    for (size_t i = 0; i < count; ++i) {
      auto message = reinterpret_cast<char**>(ring.Get());
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
    {"pass_mixed", "one thread takes 16 to 256 B, another frees", 2, Pairs<1, 16, 256>},
    {"pass_2_pairs", "two such pairs", 4, Pairs<2, 16, 256>},
    {"pass_both_ways", "two threads, each frees what the other takes", 2, BothWays},
    {"pass_batches", "one thread frees batches of 500 of 64 B of another", 2, Batches},
};

}  // namespace

std::span<const Workload> PassingWorkloads() { return kWorkloads; }

}  // namespace glassheap::bench
