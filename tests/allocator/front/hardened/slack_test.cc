// What lies between the end of an object and the end of its slot, in the hardened library: each byte of it that is written to
// is noticed at the free, of the object or of the one behind, and nobody is accused of what their neighbour may do.
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "allocator/heap/size_classes.h"
#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;

constexpr size_t kTrailer = 8;
constexpr size_t kAlwaysLookedAt = 128;  // pattern.h

size_t SlackOf(size_t size) { return ClassSize(ClassOf(size + kTrailer)) - kTrailer - size; }

// What the compiler must not follow.
char* Unknown(void* pointer) {
  asm volatile("" : "+r"(pointer));
  return static_cast<char*>(pointer);
}

void Flip(char* at) { *at = static_cast<char>(*at ^ 0x41); }

TEST(Slack, EachByteBehindTheEndIsLookedAt) {
  Random random(1);
  for (int i = 0; i < 60; ++i) {
    const size_t size = 1 + (random.OneIn(2) ? random.Below(2000) : random.Below(32'000));
    const size_t slack = std::min(SlackOf(size), kAlwaysLookedAt);
    if (slack == 0) continue;
    const size_t offset = random.Below(slack);
    const auto overflow = [&] {
      char* object = Unknown(malloc(size));
      Flip(object + size + offset);
      free(object);
    };
    EXPECT_EXIT(overflow(), ::testing::KilledBySignal(SIGABRT), "glassheap: write past the end of an object")
        << offset << " bytes behind an object of " << size;
  }
}

// As often as the budget allows: so at some time.
TEST(Slack, AllOfALongOneIsLookedAt) {
  Random random(2);
  for (int i = 0; i < 10; ++i) {
    const bool large = random.OneIn(3);
    const size_t size = large ? 100'000 + random.Below(100'000) : 18'000;
    // A large one: to the end of the system page.
    const size_t slack = large ? 4096 - size % 4096 : SlackOf(size);
    const size_t offset = random.Below(slack);
    const auto overflow = [&] {
      for (;;) {
        char* object = Unknown(malloc(size));
        Flip(object + size + offset);
        free(object);
      }
    };
    EXPECT_EXIT(overflow(), ::testing::KilledBySignal(SIGABRT), "glassheap: write past the end of an object")
        << offset << " bytes behind an object of " << size;
  }
}

TEST(Slack, TheEndOfTheSlotBeforeIsLookedAt) {
  Random random(3);
  for (int i = 0; i < 60; ++i) {
    const size_t size = 270 + random.Below(750);
    const size_t capacity = ClassSize(ClassOf(size + kTrailer));
    const size_t words = std::min(SlackOf(size), size_t{32}) / 8 * 8;
    if (words == 0) continue;
    const size_t before = kTrailer + 1 + random.Below(words);
    const auto underflow = [&] {
      char* objects[200];
      for (char*& object : objects) object = Unknown(malloc(size));
      std::sort(std::begin(objects), std::end(objects));
      for (size_t k = 1; k < std::size(objects); ++k) {
        if (objects[k] - objects[k - 1] != static_cast<ptrdiff_t>(capacity)) continue;
        Flip(objects[k] - before);
        free(objects[k]);
      }
    };
    EXPECT_EXIT(underflow(), ::testing::KilledBySignal(SIGABRT),
                "glassheap: write (before the start|past the end) of an object")
        << before << " bytes before an object of " << size;
  }
}

TEST(Slack, WhatIsWrittenIntoAFreeSlotBeforeIsAnUnderflow) {
  Random random(5);
  for (int i = 0; i < 30; ++i) {
    const size_t size = 270 + random.Below(750);
    const size_t capacity = ClassSize(ClassOf(size + kTrailer));
    const size_t before = kTrailer + 1 + random.Below(32);
    const auto underflow = [&] {
      char* objects[200];
      for (char*& object : objects) object = Unknown(malloc(size));
      std::sort(std::begin(objects), std::end(objects));
      size_t k = 1;
      while (objects[k] - objects[k - 1] != static_cast<ptrdiff_t>(capacity)) ++k;
      free(objects[k - 1]);
      Flip(objects[k] - before);
      free(objects[k]);
    };
    EXPECT_EXIT(underflow(), ::testing::KilledBySignal(SIGABRT), "glassheap: write before the start of an object")
        << before << " bytes before an object of " << size;
  }
}

TEST(Slack, ReallocKeepsItWhole) {
  Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    size_t size = 1 + random.Skewed(40'000);
    char* object = static_cast<char*>(malloc(size));
    for (size_t steps = random.Below(8); steps > 0; --steps) {
      size = random.OneIn(3) ? 1 + random.Below(2 * size) : std::max<size_t>(33, size) + random.Below(64) - 32;
      object = static_cast<char*>(realloc(object, size));
      ASSERT_NE(object, nullptr);
      memset(object, static_cast<int>(i), size);
    }
    free(object);
  }
}

// ---- neighbours that change at the same time ----

constexpr int kThreads = 4;
constexpr size_t kObjects = 400;
constexpr size_t kLeast = 500, kMost = 1000;  // in one slot: realloc stays, down to half
char* objects[kObjects];
size_t sizes[kObjects];

// Each thread has every fourth: their neighbours are the others'.
void* Change(void* argument) {
  const size_t number = reinterpret_cast<uintptr_t>(argument);
  Random random(10 + number);
  for (int i = 0; i < 100'000; ++i) {
    const size_t index = random.Below(kObjects / kThreads) * kThreads + number;
    const size_t size = kLeast + random.Below(kMost - kLeast);
    if (random.OneIn(2)) {
      objects[index] = static_cast<char*>(realloc(objects[index], size));
    } else {
      free(objects[index]);
      objects[index] = static_cast<char*>(malloc(size));
    }
    sizes[index] = size;
    memset(objects[index], static_cast<int>(i), size);
  }
  return nullptr;
}

TEST(Slack, NeighboursThatChangeAreNotAccused) {
  for (size_t i = 0; i < kObjects; ++i) objects[i] = static_cast<char*>(malloc(sizes[i] = kMost));
  pthread_t threads[kThreads];
  for (size_t i = 0; i < kThreads; ++i) {
    ASSERT_EQ(pthread_create(&threads[i], nullptr, &Change, reinterpret_cast<void*>(i)), 0);
  }
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  for (char* object : objects) free(object);
}

}  // namespace
}  // namespace glassheap
