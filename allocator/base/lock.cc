#include "allocator/base/lock.h"

#include <linux/futex.h>
#include <time.h>

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

constinit thread_local uint32_t Lock::self_ = 0;
constinit thread_local uint32_t Lock::depth_ = 0;
constinit std::atomic<uint32_t> Lock::reentrant_thread_{kFree};
constinit uint32_t Lock::reentrant_depth_ = 0;
constinit std::atomic<uint32_t> Lock::forking_holders_{0};

uint32_t Lock::LearnSelf() {
  self_ = static_cast<uint32_t>(SystemCall(SYS_gettid));
  return self_;
}

bool Lock::AcquireSlow(Wait wait) {
  const uint32_t self = Self();
  if (HeldByThisThread()) {
    if (reentrant_thread_.load(std::memory_order_relaxed) != self) {
      Die(Message()
              .Text("glassheap: deadlock: a signal handler came into malloc while its thread ")
              .Decimal(self)
              .Text(" was in malloc"));
    }
    ++again_;
    return true;
  }
  for (int i = 0; i < kSpins; ++i) {
    uint32_t expected = kFree;
    if (word_.load(std::memory_order_relaxed) == kFree &&
        word_.compare_exchange_strong(expected, self, std::memory_order_acquire)) {
      NoteAcquire();
      return true;
    }
    Pause();
  }
  // The holder does not say when it begins to fork: look from time to time.
  const timespec glance = {0, 1'000'000};
  const long until = wait == kUnlessHolderForks ? AsArgument(&glance) : 0;
  for (;;) {
    uint32_t word = word_.load(std::memory_order_relaxed);
    // Who has slept must assume that others sleep too.
    if (word == kFree) {
      if (word_.compare_exchange_weak(word, self | kContended, std::memory_order_acquire)) {
        NoteAcquire();
        return true;
      }
      continue;
    }
    if (wait == kUnlessHolderForks && HolderForks()) return false;
    if (!(word & kContended) && !word_.compare_exchange_weak(word, word | kContended, std::memory_order_relaxed))
      continue;
    SystemCall(SYS_futex, AsArgument(&word_), FUTEX_WAIT_PRIVATE, static_cast<long>(word | kContended), until);
  }
}

void Lock::WaitForForksOfHolders() {
  while (HolderForks()) SystemCall(SYS_sched_yield);
}

void Lock::WakeOne() { SystemCall(SYS_futex, AsArgument(&word_), FUTEX_WAKE_PRIVATE, 1); }

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

LockOrderPause::LockOrderPause() : outermost_((held_ranks & 1) == 0) { held_ranks |= 1; }
LockOrderPause::~LockOrderPause() {
  if (outermost_) held_ranks = 0;
}
#else
LockOrderPause::LockOrderPause() = default;
LockOrderPause::~LockOrderPause() = default;
#endif

}  // namespace glassheap
