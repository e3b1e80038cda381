// How much of a freed object is cleared. All of it, as long as that costs a thread a few per cent of its time at most;
// beyond, of objects above kAlways only the two ends, and large objects keep their memory.
//
// Thread safety: one per thread.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_CLEARING_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_CLEARING_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/base/os_memory.h"
#include "allocator/base/types.h"

namespace glassheap::hardened {

// The first bytes of large objects that a process frees are closed at no one's expense: a program that frees few of them has
// all of them closed. Threads that meet here may close a few more.
inline constinit int64_t first_closed_bytes = 16 * kMiB;

class ClearingBudget {
 public:
  static constexpr size_t kAlways = 256;  // bytes: up to here it costs no more than finding out
  static constexpr size_t kHead = 64;     // what is cleared at least

  // True if `bytes` may be cleared now.
  GH_ALWAYS_INLINE bool Spend(size_t bytes) {
    if (bytes_ >= static_cast<int64_t>(bytes)) {
      bytes_ -= static_cast<int64_t>(bytes);
      return true;
    }
    if (skip_ == 0) return Refill(bytes);
    --skip_;
    return false;
  }

  // True if a large object of so many bytes may be closed now: a system call, and a page fault for each page when it is used
  // again, which is all that is expensive. One that is larger than the credit is closed, too, and others wait the longer.
  bool SpendClosing(size_t bytes) {
    const int64_t cost = static_cast<int64_t>(bytes);
    if (__atomic_load_n(&first_closed_bytes, __ATOMIC_RELAXED) > 0) {
      __atomic_sub_fetch(&first_closed_bytes, cost, __ATOMIC_RELAXED);
      return true;
    }
    if (closing_credit_ <= 0 && !EarnClosing()) return false;
    closing_credit_ -= cost;
    return true;
  }

 private:
  static constexpr uint64_t kPeriod = 4'000'000;            // ns, the coarse clock's step
  static constexpr int64_t kBytesPerPeriod = kMiB;          // 0.1 ms to clear, 0.1 ms to check
  static constexpr int64_t kClosingPerPeriod = 256 * kKiB;  // 64 faults of up to 3 us: 5 %
  static constexpr int64_t kMaxClosingCredit = kMiB;
  static constexpr uint32_t kLookEvery = 16;  // refusals

  GH_NOINLINE bool Refill(size_t bytes) {
    const uint64_t now = os::CoarseClock();
    if (now < next_) {
      skip_ = kLookEvery;
      return false;
    }
    next_ = now + kPeriod;
    bytes_ = kBytesPerPeriod - static_cast<int64_t>(bytes);
    return bytes_ >= 0;
  }

  GH_NOINLINE bool EarnClosing() {
    if (closing_skip_ > 0) {
      --closing_skip_;
      return false;
    }
    closing_skip_ = kLookEvery;
    const uint64_t now = os::CoarseClock();
    const int64_t periods = static_cast<int64_t>((now - last_closing_) / kPeriod);
    if (periods == 0) return false;
    last_closing_ = now;
    const int64_t most = kMaxClosingCredit - closing_credit_;
    closing_credit_ += periods > most / kClosingPerPeriod ? most : periods * kClosingPerPeriod;
    if (closing_credit_ <= 0) return false;
    closing_skip_ = 0;
    return true;
  }

  int64_t bytes_ = 0;
  uint64_t next_ = 0;
  uint32_t skip_ = 0;
  uint32_t closing_skip_ = 0;
  int64_t closing_credit_ = 0;
  uint64_t last_closing_ = 0;
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_CLEARING_H_
