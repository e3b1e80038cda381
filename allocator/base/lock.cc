#include "allocator/base/lock.h"

#include <linux/futex.h>

#include "allocator/base/check.h"
#include "allocator/base/system_call.h"

namespace glassheap {
namespace {

// Long enough for a refill (about 100 ns) on another core, short enough not to burn a time slice.
constexpr int kSpins = 60;

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  asm volatile("yield");
#endif
}

}  // namespace

void Lock::AcquireSlow() {
  for (int i = 0; i < kSpins; ++i) {
    uint32_t expected = kFree;
    if (state_.load(std::memory_order_relaxed) == kFree &&
        state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire)) {
      return;
    }
    Pause();
  }
  while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {
    SystemCall(SYS_futex, AsArgument(&state_), FUTEX_WAIT_PRIVATE, kContended);
  }
}

void Lock::WakeOne() { SystemCall(SYS_futex, AsArgument(&state_), FUTEX_WAKE_PRIVATE, 1); }

#ifndef NDEBUG
namespace {
// One bit per rank this thread holds; bit 0: checking is paused.
constinit thread_local GH_INITIAL_EXEC uint32_t held_ranks = 0;
}  // namespace

void Lock::NoteAcquire() {
  if (held_ranks & 1) return;
  const uint32_t bit = 1u << static_cast<uint32_t>(rank_);
  GH_CHECK(held_ranks < bit && "lock order");
  held_ranks |= bit;
}

void Lock::NoteRelease() {
  if (held_ranks & 1) return;
  held_ranks &= ~(1u << static_cast<uint32_t>(rank_));
}

LockOrderPause::LockOrderPause() { held_ranks |= 1; }
LockOrderPause::~LockOrderPause() { held_ranks = 0; }
#else
LockOrderPause::LockOrderPause() = default;
LockOrderPause::~LockOrderPause() = default;
#endif

}  // namespace glassheap
