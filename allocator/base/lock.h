// A mutex of 16 bytes that needs nothing from libc: spin a little, then sleep on a futex.
//
// Invariants:
//   (1) Locks are taken in the order of LockRank, never backwards; debug builds check it per thread.
//   (2) owner() is the thread pointer of the holder, so a signal handler can tell that its own thread holds the lock.
//   (3) Reset() is for the child of a fork only, where the holder may not exist any more.

#ifndef GLASSHEAP_ALLOCATOR_BASE_LOCK_H_
#define GLASSHEAP_ALLOCATOR_BASE_LOCK_H_

#include <atomic>
#include <cstdint>

#include "allocator/base/macros.h"

namespace glassheap {

// A lock may be taken while locks of a lower rank are held, never of a higher or its own.
enum class LockRank : uint8_t {
  kLifecycle = 1,  // first call, region, hooks
  kCentral = 2,    // one per size class; at most one at a time but in fork
  kPageHeap = 3,   // pages, metadata, thread registry
};

class Lock {
 public:
  constexpr explicit Lock(LockRank rank) : rank_(rank) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void Acquire() {
    NoteAcquire();
    uint32_t expected = kFree;
    if (!state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire)) AcquireSlow();
    owner_.store(Self(), std::memory_order_relaxed);
  }

  void Release() {
    owner_.store(nullptr, std::memory_order_relaxed);
    if (state_.exchange(kFree, std::memory_order_release) == kContended) WakeOne();
    NoteRelease();
  }

  // False: this thread holds the lock already (a signal handler interrupted it).
  bool AcquireUnlessMine() {
    if (HeldByThisThread()) return false;
    Acquire();
    return true;
  }

  bool HeldByThisThread() const { return owner_.load(std::memory_order_relaxed) == Self(); }

  // REQUIRES: no other thread exists.
  void Reset() {
    state_.store(kFree, std::memory_order_relaxed);
    owner_.store(nullptr, std::memory_order_relaxed);
  }

 private:
  enum State : uint32_t { kFree = 0, kHeld = 1, kContended = 2 };

  static void* Self() { return __builtin_thread_pointer(); }
  GH_NOINLINE void AcquireSlow();
  GH_NOINLINE void WakeOne();
#ifdef NDEBUG
  void NoteAcquire() {}
  void NoteRelease() {}
#else
  void NoteAcquire();
  void NoteRelease();
#endif

  std::atomic<uint32_t> state_{kFree};
  LockRank rank_;
  std::atomic<void*> owner_{nullptr};
};

class LockHolder {
 public:
  explicit LockHolder(Lock& lock) : lock_(lock) { lock_.Acquire(); }
  ~LockHolder() { lock_.Release(); }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;

 private:
  Lock& lock_;
};

// Debug builds: forget what this thread holds. For the child of a fork, and for fork itself, which takes every lock.
class LockOrderPause {
 public:
  LockOrderPause();
  ~LockOrderPause();
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_LOCK_H_
