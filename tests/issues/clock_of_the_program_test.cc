// The heap asked libc's clock_gettime, in the middle of malloc, and a program may have its own in that place: libfaketime's,
// which allocates when it is first called, complained of every program; one with a lock would wait for ever.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace {
volatile bool in_malloc = false;
volatile int calls_in_malloc = 0;
}  // namespace

extern "C" int clock_gettime(clockid_t clock, struct timespec* time) noexcept {
  if (in_malloc) calls_in_malloc = calls_in_malloc + 1;
  return static_cast<int>(syscall(SYS_clock_gettime, clock, time));
}

namespace {

TEST(Issue, MallocAsksNoClockOfTheProgram) {
  in_malloc = true;
  for (int round = 0; round < 50; ++round) {
    void* blocks[200];
    for (size_t i = 0; i < 200; ++i) blocks[i] = malloc(i * i * 20);  // to 800 KB: every room looks at the clock
    for (void* block : blocks) free(block);
  }
  in_malloc = false;
  EXPECT_EQ(calls_in_malloc, 0);
  struct timespec now;
  EXPECT_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
}

}  // namespace
