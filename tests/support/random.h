// Random numbers for tests that can be repeated: every test of a run starts from one seed, which is 1 unless the
// environment sets GLASSHEAP_TEST_SEED, and which is printed once, so that the log of a failed test shows it.
//
// Allocates nothing, so it may be used while a heap is being measured.

#ifndef GLASSHEAP_TESTS_SUPPORT_RANDOM_H_
#define GLASSHEAP_TESTS_SUPPORT_RANDOM_H_

#include <cstddef>
#include <cstdint>

namespace glassheap::testing {

uint64_t TestSeed();

// splitmix64.
class Random {
 public:
  // Streams with different numbers are independent of each other.
  explicit Random(uint64_t stream = 0) : state_(TestSeed() * 0x9e3779b97f4a7c15u + stream * 0xd1342543de82ef95u) {}

  uint64_t Next() {
    uint64_t x = state_ += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  // 0 to limit - 1. REQUIRES: limit > 0.
  size_t Below(size_t limit) { return static_cast<size_t>(Next() % limit); }
  bool OneIn(size_t n) { return Below(n) == 0; }

  // 0 to `limit` - 1, small numbers as likely as large ones: all bit lengths are equally frequent.
  size_t Skewed(size_t limit) {
    const size_t bits = 64 - static_cast<size_t>(__builtin_clzll(limit));
    return (Next() >> (63 - Below(bits))) % limit;
  }

 private:
  uint64_t state_;
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_RANDOM_H_
