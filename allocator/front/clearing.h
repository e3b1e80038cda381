// How much of a freed object is cleared. All of it, as long as that costs a thread a few per cent of its time at most;
// beyond, of objects above kAlways only the two ends, and large objects keep their memory.
//
// Thread safety: one per thread.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_CLEARING_H_
#define GLASSHEAP_ALLOCATOR_FRONT_CLEARING_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/base/os_memory.h"
#include "allocator/base/types.h"

namespace glassheap::hardened {

// A program that frees few large objects has them all closed. Threads that meet here may close a few more.
inline constinit int32_t first_closings = 64;

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

  // True if a large object may be closed now, which is a system call and the page faults of its next use.
  bool SpendClosing() {
    if (__atomic_load_n(&first_closings, __ATOMIC_RELAXED) > 0) {
      __atomic_sub_fetch(&first_closings, 1, __ATOMIC_RELAXED);
      return true;
    }
    if (closings_ == 0 && skip_ > 0) {
      --skip_;
      return false;
    }
    if (closings_ == 0) Refill(0);
    if (closings_ == 0) return false;
    --closings_;
    return true;
  }

 private:
  static constexpr uint64_t kPeriod = 4'000'000;     // ns, the coarse clock's step
  static constexpr int64_t kBytesPerPeriod = kMiB;   // 0.1 ms to clear, 0.1 ms to check
  static constexpr uint32_t kClosingsPerPeriod = 2;  // 10 to 60 us each
  static constexpr uint32_t kLookEvery = 64;         // refusals

  GH_NOINLINE bool Refill(size_t bytes) {
    const uint64_t now = os::CoarseClock();
    if (now < next_) {
      skip_ = kLookEvery;
      return false;
    }
    next_ = now + kPeriod;
    if (closings_ < kClosingsPerPeriod) closings_ = kClosingsPerPeriod;
    bytes_ = kBytesPerPeriod - static_cast<int64_t>(bytes);
    return bytes_ >= 0;
  }

  int64_t bytes_ = 0;
  uint64_t next_ = 0;
  uint32_t closings_ = 0;
  uint32_t skip_ = 0;
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_CLEARING_H_
