// A mutex that needs nothing from libc: spin a little, then sleep on a futex.
//
// Invariants:
//   (1) Locks are taken in the order of LockRank, never backwards; debug builds check it per thread.
//   (2) The lock word holds its owner, so there is no moment at which a signal handler cannot tell that its own thread
//       has the lock.
//   (3) A thread that takes a lock it has would wait for ever. Inside fork, where it has them all and other handlers may
//       allocate, and while it dies, when the program's SIGABRT handler may, the lock counts; anywhere else (malloc in a
//       signal handler that interrupted malloc) it dies with a line.
//   (4) A thread's depth counts from before it takes a lock until after it has let it go: 0 means that it has none, and that
//       a handler that came in may take any.
//   (5) Reset() is for the child of a fork only, where the holder may not exist any more.
//   (6) A holder that forks, in a handler that interrupted its critical section, needs locks of libc's to get on. Who has
//       those, which is who forks, waits for no lock of that thread: AcquireUnlessHolderForks().

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
#ifdef NDEBUG
  constexpr explicit Lock(LockRank) {}
#else
  constexpr explicit Lock(LockRank rank) : rank_(rank) {}
#endif
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void Acquire() {
    ++depth_;
    uint32_t expected = kFree;
    if (!word_.compare_exchange_strong(expected, Self(), std::memory_order_acquire)) {
      AcquireSlow(kAlways);
      return;
    }
    NoteAcquire();
  }

  // False, without the lock: a holder forks, see (6).
  bool AcquireUnlessHolderForks() {
    ++depth_;
    if (AcquireSlow(kUnlessHolderForks)) return true;
    --depth_;
    return false;
  }

  void Release() {
    if (__builtin_expect(again_ > 0, 0)) {
      --again_;
    } else {
      NoteRelease();
      if (word_.exchange(kFree, std::memory_order_release) & kContended) WakeOne();
    }
    if (LocksHeld() > 0) --depth_;  // a lock that was taken before ForgetSelf()
  }

  // This thread's id. The kernel is asked once: a sandbox that begins later may forbid it.
  static uint32_t Self() { return __builtin_expect(self_ != 0, 1) ? self_ : LearnSelf(); }

  // False: this thread is in no critical section of any lock, and in no BusySection.
  static bool AnyHeldByThisThread() { return depth_ > 0; }

  // This thread has a lock, and may not take it again (3): a handler that came in must do without.
  static bool InTheWay() {
    return __builtin_expect(LocksHeld() > 0, 0) && reentrant_thread_.load(std::memory_order_relaxed) != self_;
  }

  bool HeldByThisThread() const { return (word_.load(std::memory_order_relaxed) & ~kContended) == Self(); }

  // REQUIRES: this thread, the only one, is the child of a fork.
  void Reset() {
    word_.store(kFree, std::memory_order_relaxed);
    again_ = 0;
  }

  // From now on this thread may take locks that it has. Nests: a handler may fork while its thread is inside fork.
  static void BeginReentrant() {
    reentrant_thread_.store(Self(), std::memory_order_relaxed);
    ++reentrant_depth_;
  }
  static void EndReentrant() {
    if (reentrant_depth_ > 0 && --reentrant_depth_ == 0) reentrant_thread_.store(kFree, std::memory_order_relaxed);
  }
  static void ResetReentrant() {
    reentrant_depth_ = 0;
    reentrant_thread_.store(kFree, std::memory_order_relaxed);
  }
  // In the child of a fork: the thread has another id, and no lock. A BusySection that the fork came into goes on.
  static void ForgetSelf() {
    self_ = 0;
    depth_ -= LocksHeld();
  }

  // Around a fork of a thread that InTheWay() is true for; the third is for the child.
  static void BeginForkOfHolder() { ++forking_holders_; }
  static void EndForkOfHolder() { --forking_holders_; }
  static void ResetForksOfHolders() { forking_holders_ = 0; }
  static bool HolderForks() { return forking_holders_ > 0; }
  static void WaitForForksOfHolders();

 private:
  friend class BusySection;
  static constexpr uint32_t kBusy = 1u << 16;  // in depth_: a BusySection, above the count of locks
  static uint32_t LocksHeld() { return depth_ % kBusy; }

  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kContended = 1u << 31;  // thread ids are below 2^22

  GH_NOINLINE static uint32_t LearnSelf();
  enum Wait { kAlways, kUnlessHolderForks };
  GH_NOINLINE bool AcquireSlow(Wait wait);
  GH_NOINLINE void WakeOne();
#ifdef NDEBUG
  void NoteAcquire() {}
  void NoteRelease() {}
#else
  void NoteAcquire();
  void NoteRelease();
#endif

  static constinit thread_local uint32_t self_ GH_INITIAL_EXEC;
  static constinit thread_local uint32_t depth_ GH_INITIAL_EXEC;
  // Only one thread at a time is re-entrant: forks are serialised by libc, or by the locks they take first.
  static constinit std::atomic<uint32_t> reentrant_thread_;
  static constinit uint32_t reentrant_depth_;
  static constinit std::atomic<uint32_t> forking_holders_;

  std::atomic<uint32_t> word_{kFree};
#ifndef NDEBUG
  LockRank rank_;  // only where it is checked: a lock that is all zero needs no page of the file
#endif
  uint16_t again_ = 0;  // how often more its re-entrant holder has taken it
};

// A stretch without a lock in which what belongs to this thread alone is not as it seems: a signal handler that comes in must
// keep off it, as if a lock were held.
class BusySection {
 public:
  BusySection() {
    Lock::depth_ += Lock::kBusy;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ~BusySection() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (Lock::depth_ >= Lock::kBusy) Lock::depth_ -= Lock::kBusy;  // a child of fork begins at 0
  }
  BusySection(const BusySection&) = delete;
  BusySection& operator=(const BusySection&) = delete;
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
// Nests: a handler may fork while its thread is inside fork; checking begins again where the outermost one ends.
class LockOrderPause {
 public:
  LockOrderPause();
  ~LockOrderPause();
  LockOrderPause(const LockOrderPause&) = delete;
  LockOrderPause& operator=(const LockOrderPause&) = delete;

#ifndef NDEBUG
 private:
  bool outermost_;
#endif
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_LOCK_H_
