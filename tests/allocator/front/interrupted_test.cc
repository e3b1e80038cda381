// A signal handler that allocates while its thread holds the heap's locks: played by the hook of the kernel's door, which
// the page heap calls with its lock held.
#include <errno.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <vector>

#include "allocator/base/lock.h"
#include "allocator/base/os_memory.h"
#include "allocator/introspection.h"

namespace glassheap {
namespace {

void (*handler)() = nullptr;
int handler_runs = 0;
int runs_with_a_lock = 0;

bool RunHandler(os::Call, size_t) {
  if (void (*body)() = handler) {
    handler = nullptr;  // what it does itself may come to the kernel
    ++handler_runs;
    runs_with_a_lock += Lock::AnyHeldByThisThread();
    body();
  }
  return false;
}

// Runs `body` in the middle of an allocation that the heap has to grow for.
void Interrupt(void (*body)()) {
  static size_t size = 0;
  size += size_t{200} << 20;
  handler_runs = runs_with_a_lock = 0;
  handler = body;
  os::SetFaultHook(&RunHandler);
  free(malloc(size));
  os::SetFaultHook(nullptr);
  ASSERT_EQ(handler_runs, 1);
  ASSERT_EQ(runs_with_a_lock, 1) << "the hook is no longer called with the lock held: find another place";
  CheckHeap(true);
}

constexpr size_t kSizes[] = {0, 1, 8, 16, 64, 65, 300, 1024, 4000, 5000, 30'000, 70'000, 300'000, 3'000'000};

TEST(Interrupted, TakesAndGivesBackAnySize) {
  Interrupt([] {
    for (const size_t size : kSizes) {
      char* block = static_cast<char*>(malloc(size));
      ASSERT_NE(block, nullptr) << size;
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 16 % (size < 16 ? 8 : 16), 0u) << size;
      EXPECT_GE(malloc_usable_size(block), size);
      memset(block, 1, size);
      char* zeroed = static_cast<char*>(calloc(size, 1));
      ASSERT_NE(zeroed, nullptr);
      for (size_t i = 0; i < size; ++i) ASSERT_EQ(zeroed[i], 0);
      free(zeroed);
      block = static_cast<char*>(realloc(block, size + 5000));
      ASSERT_NE(block, nullptr);
      if (size > 0) {
        EXPECT_EQ(block[size - 1], 1);
      }
      free(block);
      operator delete(operator new(size), size);
    }
    for (size_t alignment = 16; alignment <= (1 << 20); alignment *= 2) {
      void* block = aligned_alloc(alignment, 3 * alignment);
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0u);
      memset(block, 1, 3 * alignment);
      free(block);
    }
  });
}

std::vector<void*>* objects = nullptr;

TEST(Interrupted, WhatItKeepsIsTheProgramsLikeAnyOther) {
  std::vector<void*> kept;
  kept.reserve(2 * std::size(kSizes));
  objects = &kept;
  Interrupt([] {
    for (const size_t size : kSizes) {
      objects->push_back(malloc(size));
      ASSERT_NE(objects->back(), nullptr);
      memset(objects->back(), 7, size);
    }
  });
  for (size_t i = 0; i < kept.size(); ++i) {
    EXPECT_GE(malloc_usable_size(kept[i]), kSizes[i]);
    EXPECT_EQ(GetOwnership(kept[i]), Ownership::kOwned);
    char* moved = static_cast<char*>(realloc(kept[i], kSizes[i] + 100));
    ASSERT_NE(moved, nullptr);
    if (kSizes[i] > 0) {
      EXPECT_EQ(moved[kSizes[i] - 1], 7);
    }
    free(moved);
  }
  CheckHeap(true);
}

TEST(Interrupted, FreesWhatTheProgramHas) {
  std::vector<void*> taken;
  for (int i = 0; i < 300; ++i) {
    for (const size_t size : {24, 700, 40'000}) taken.push_back(malloc(size));
  }
  for (int i = 0; i < 3; ++i) taken.push_back(malloc(400'000));
  for (void* object : taken) memset(object, 1, 24);
  HeapSnapshot before, after;
  TakeSnapshot(&before);
  objects = &taken;
  Interrupt([] {
    for (void* object : *objects) free(object);
  });
  for (int i = 0; i < 100; ++i) free(malloc(200'000));  // a tick gives back what waits
  TakeSnapshot(&after);
  EXPECT_LT(after.live_bytes, before.live_bytes - 300 * 40'000);
  CheckHeap(true);
}

TEST(Interrupted, NeverRunsDryWhenItGivesBack) {
  Interrupt([] {
    for (int i = 0; i < 10'000; ++i) {
      void* block = malloc(static_cast<size_t>(i) % 6000 + 1);
      ASSERT_NE(block, nullptr);
      free(block);
    }
  });
}

TEST(Interrupted, IsToldWhenThereIsNoMoreForIt) {
  std::vector<void*> kept;
  kept.reserve(10'000);
  objects = &kept;
  Interrupt([] {
    for (;;) {
      errno = 0;
      void* block = malloc(30);
      if (block == nullptr) break;
      objects->push_back(block);
      ASSERT_LT(objects->size(), objects->capacity());
    }
    EXPECT_EQ(errno, ENOMEM);
  });
  EXPECT_GT(kept.size(), 400u);
  for (void* object : kept) free(object);
  Interrupt([] {
    void* block = malloc(30);
    EXPECT_NE(block, nullptr);
    free(block);
  });
}

void UseAllSizes() {
  for (int round = 0; round < 3; ++round) {
    void* blocks[2 * std::size(kSizes)];
    size_t taken = 0;
    for (const size_t size : kSizes) {
      for (void* block : {malloc(size), realloc(calloc(size / 2 + 1, 1), size + 1)}) {
        if (block == nullptr) _exit(1);
        memset(block, round, size);
        blocks[taken++] = block;
      }
    }
    for (void* block : blocks) free(block);
  }
}

void ExpectSuccess(pid_t pid) {
  int status = -1;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TEST(Interrupted, ForksAChildThatAllocates) {
  Interrupt([] {
    const pid_t pid = fork();
    if (pid == 0) {
      UseAllSizes();
      _exit(0);
    }
    ExpectSuccess(pid);
    UseAllSizes();
  });
}

pid_t forked = -1;

TEST(Interrupted, ForksAChildThatGoesOnWithTheProgram) {
  std::vector<void*> taken;
  for (int i = 0; i < 300; ++i) taken.push_back(malloc(static_cast<size_t>(i) * 40));
  Interrupt([] {
    forked = fork();
    if (forked == 0) UseAllSizes();
  });
  UseAllSizes();
  for (void* object : taken) free(object);
  CheckHeap(true);
  if (forked == 0) _exit(HasFailure());
  ExpectSuccess(forked);
}

using InterruptedDeathTest = ::testing::Test;

TEST_F(InterruptedDeathTest, AWrongPointerIsNamedAsAnywhere) {
  GTEST_FLAG_SET(death_test_style, "fast");
  EXPECT_DEATH(Interrupt([] {
                 char* block = static_cast<char*>(malloc(100'000));
                 free(block);
                 free(block);
               }),
               "glassheap: .*free");
}

}  // namespace
}  // namespace glassheap
