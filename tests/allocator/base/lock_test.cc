#include "allocator/base/lock.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace glassheap {
namespace {

TEST(Lock, KnowsWhetherThisThreadHoldsIt) {
  Lock lock(LockRank::kCentral);
  EXPECT_FALSE(lock.HeldByThisThread());
  lock.Acquire();
  EXPECT_TRUE(lock.HeldByThisThread());
  std::thread other([&lock] { EXPECT_FALSE(lock.HeldByThisThread()); });
  other.join();
  lock.Release();
  EXPECT_FALSE(lock.HeldByThisThread());
}

TEST(LockDeathTest, TakenTwiceByOneThreadIsADeadlockAndSaysSo) {
  Lock lock(LockRank::kCentral);
  LockHolder hold(lock);
  EXPECT_DEATH(lock.Acquire(), "^glassheap: deadlock: a signal handler came into malloc while its thread [0-9]+ was");
}

TEST(Lock, CountsWhereItsThreadIsReentrant) {
  Lock lock(LockRank::kCentral);
  LockHolder hold(lock);
  Lock::BeginReentrant();
  Lock::BeginReentrant();
  lock.Acquire();
  lock.Acquire();
  lock.Release();
  Lock::EndReentrant();
  lock.Release();
  Lock::EndReentrant();
  EXPECT_TRUE(lock.HeldByThisThread());
}

TEST(Lock, LetsOneThreadInAtATime) {
  constexpr int kThreads = 8, kRounds = 20'000;
  Lock lock(LockRank::kCentral);
  int64_t counter = 0;
  int inside = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        LockHolder hold(lock);
        const int others = inside++;
        counter += others == 0 ? 1 : 1'000'000;
        if (i % 1000 == 0) std::this_thread::yield();  // so that others come to sleep on it
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, kThreads * kRounds);
}

TEST(Lock, IsFreeAfterReset) {
  Lock lock(LockRank::kPageHeap);
  lock.Acquire();
  {
    LockOrderPause pause;
    lock.Reset();
  }
  EXPECT_FALSE(lock.HeldByThisThread());
  LockHolder hold(lock);
  EXPECT_TRUE(lock.HeldByThisThread());
}

TEST(Lock, IsNotWaitedForWhileAHolderForks) {
  Lock lock(LockRank::kCentral);
  lock.Acquire();
  std::thread waiting([&lock] {
    EXPECT_FALSE(lock.AcquireUnlessHolderForks());
    EXPECT_FALSE(Lock::AnyHeldByThisThread());
  });
  Lock::BeginForkOfHolder();
  waiting.join();
  EXPECT_TRUE(Lock::HolderForks());
  Lock::EndForkOfHolder();
  EXPECT_FALSE(Lock::HolderForks());
  lock.Release();
  EXPECT_TRUE(lock.AcquireUnlessHolderForks());
  EXPECT_TRUE(lock.HeldByThisThread());
  lock.Release();
}

TEST(Lock, RanksMayRise) {
  Lock first(LockRank::kLifecycle), second(LockRank::kCentral), third(LockRank::kPageHeap);
  LockHolder a(first), b(second), c(third);
  EXPECT_TRUE(first.HeldByThisThread() && third.HeldByThisThread());
}

#ifndef NDEBUG
void AcquireBoth(LockRank first, LockRank second) {
  Lock a(first), b(second);
  LockHolder hold_a(a), hold_b(b);
}

TEST(LockDeathTest, RanksMayNotFall) {
  EXPECT_DEATH(AcquireBoth(LockRank::kPageHeap, LockRank::kCentral), "lock order");
  EXPECT_DEATH(AcquireBoth(LockRank::kCentral, LockRank::kCentral), "lock order");
}
#endif

TEST(LockOrder, IsNotCheckedDuringAPause) {
  Lock a(LockRank::kCentral), b(LockRank::kCentral);
  LockOrderPause pause;
  LockHolder hold_a(a), hold_b(b);
  EXPECT_TRUE(b.HeldByThisThread());
}

}  // namespace
}  // namespace glassheap
