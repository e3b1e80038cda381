// What the C family does under the block heap where it differs from the main allocator, or is easiest to see here. The
// rest is tests/allocator/front's, run on this heap as well (BUILD).
#include <errno.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>

#include "allocator/block/process_heap.h"
#include "allocator/introspection.h"

namespace glassheap {
namespace {

TEST(BlockMalloc, TheSumCloses) {
  void* object = malloc(1000);
  HeapSnapshot s;
  TakeSnapshot(&s);
  EXPECT_EQ(s.residual, 0);
  EXPECT_EQ(s.mapped, s.live_bytes + s.page_heap_free + s.metadata);
  const struct mallinfo2 info = mallinfo2();
  EXPECT_EQ(info.arena, s.mapped);
  EXPECT_EQ(info.uordblks, s.live_bytes);
  free(object);
  CheckHeap(true);
}

TEST(BlockMalloc, NothingIsGivenBack) { EXPECT_EQ(malloc_trim(0), 0); }

TEST(BlockMalloc, ReallocGrowsInPlaceWhereTheNeighbourIsFree) {
  char* object = static_cast<char*>(malloc(100'000));
  void* wall = malloc(200'000);
  free(malloc(1));
  strcpy(object, "kept");
  char* same = static_cast<char*>(realloc(object, 50'000));
  EXPECT_EQ(same, object);
  EXPECT_EQ(realloc(same, 100'000), object);
  EXPECT_STREQ(object, "kept");
  free(wall);
  free(object);
}

// A child of fork finds the heap whole while other threads allocate, and has a region of its own.
TEST(BlockMalloc, ForkWhileThreadsAllocate) {
  static std::atomic<bool> stop = false;
  pthread_t threads[3];
  for (pthread_t& thread : threads) {
    pthread_create(
        &thread, nullptr,
        [](void*) -> void* {
          while (!stop) free(malloc(100 + static_cast<size_t>(getpid()) % 100));
          return nullptr;
        },
        nullptr);
  }
  for (int i = 0; i < 30; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      for (int n = 0; n < 100; ++n) free(malloc(static_cast<size_t>(n)));
      CheckHeap(true);
      _exit(process_heap.stats.NeedsAttach() ? 2 : 0);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

using BlockMallocDeathTest = ::testing::Test;

TEST(BlockMallocDeathTest, MisuseDiesWithALine) {
  char* object = static_cast<char*>(malloc(64));
  char* volatile hidden = object;
  EXPECT_DEATH(
      {
        free(hidden);
        free(hidden);
      },
      "glassheap_block: free: 0x[0-9a-f]+ is freed already, thread");
  EXPECT_DEATH(free(hidden + 16), "glassheap_block: free: 0x[0-9a-f]+ is not an allocated object");
  EXPECT_DEATH(
      {
        memset(hidden, 1, 200);
        free(hidden);
      },
      "glassheap_block: free: 0x[0-9a-f]+ has a damaged header");
  free(object);
}

}  // namespace
}  // namespace glassheap
