// A forked child whose first slow path was taken by a thread that it had made took the cache of the thread that had forked
// for one left behind, and gave its objects back, while that thread went on with them: they were handed out twice.

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace {

constexpr size_t kSize = 72;

// Takes, fills, checks and frees. Counts the blocks that did not keep their contents.
int Churn(unsigned char mark, int rounds) {
  unsigned char* blocks[64] = {};
  int changed = 0;
  for (int i = 0; i < rounds; ++i) {
    unsigned char*& block = blocks[i * 7 % 64];
    if (block != nullptr && (block[0] != mark || memcmp(block, block + 1, kSize - 1) != 0)) ++changed;
    free(block);
    block = static_cast<unsigned char*>(malloc(kSize));
    memset(block, mark, kSize);
  }
  for (unsigned char* block : blocks) free(block);
  return changed;
}

std::atomic<bool> other_is_first{false};

void* ChurnFirst(void* changed) {
  void* volatile large = malloc(100'000);
  free(large);
  other_is_first = true;
  *static_cast<int*>(changed) = Churn(1, 200'000);
  return nullptr;
}

// In the child. 0: no block was in two hands.
int ChurnInTwoThreads() {
  pthread_t thread;
  int changed = 0;
  if (pthread_create(&thread, nullptr, &ChurnFirst, &changed) != 0) return 41;
  while (!other_is_first) sched_yield();
  const int own_changed = Churn(2, 200'000);
  pthread_join(thread, nullptr);
  return changed + own_changed == 0 ? 0 : 42;
}

// The child is to make its thread without a slow path: there are free objects in this thread's cache, and a stack in glibc's.
void FillCaches() {
  Churn(0, 1000);
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr),
            0);
  pthread_join(thread, nullptr);
}

int StatusOf(pid_t child) {
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST(Issue, ThreadIsFirstInForkedChild) {
  for (int i = 0; i < 10; ++i) {
    FillCaches();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(ChurnInTwoThreads());
    EXPECT_EQ(StatusOf(child), 0);
  }
}

// No handler of fork runs.
TEST(Issue, ThreadIsFirstInChildOfRawClone) {
  for (int i = 0; i < 10; ++i) {
    FillCaches();
    const long child = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    ASSERT_GE(child, 0);
    if (child == 0) _exit(ChurnInTwoThreads());
    EXPECT_EQ(StatusOf(static_cast<pid_t>(child)), 0);
  }
}

}  // namespace
