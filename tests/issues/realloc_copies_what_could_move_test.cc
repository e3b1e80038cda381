// A large object that could not grow where it was went to its new place by memcpy: for a moment twice in memory, and of
// 256 MiB 40 ms late. stress-ng's malloc stressor had 4 GiB in memory where glibc, which moves the pages, had 0.6.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "allocator/introspection.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

namespace glassheap {
namespace {

constexpr size_t kBytes = size_t{32} << 20;

// Linux 5.7 and later, unless something refuses it.
bool KernelMovesPages() {
  const auto map = [] { return mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); };
  void* const from = map();
  void* const to = map();
  const bool moved = mremap(from, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) == to;
  munmap(from, 4096);
  munmap(to, 4096);
  return moved;
}

size_t Mappings() {
  std::ifstream maps("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// An object of kBytes with something behind it, so that it cannot grow.
struct Blocked {
  char* object = static_cast<char*>(malloc(kBytes));
  void* blocker = malloc(size_t{1} << 20);

  Blocked() {
    for (size_t at = 0; at < kBytes; at += 4096) object[at] = static_cast<char>(at >> 12);
  }
  ~Blocked() {
    free(object);
    free(blocker);
  }
  void Check() const {
    for (size_t at = 0; at < kBytes; at += 4096) ASSERT_EQ(object[at], static_cast<char>(at >> 12)) << at;
  }
};

TEST(ReallocCopiesWhatCouldMove, TheOldPlaceHasNoMemory) {
  if (!KernelMovesPages()) GTEST_SKIP() << "this kernel does not move pages";
  Blocked blocked;
  const size_t before = ResidentBytes();
  char* const old = blocked.object;
  blocked.object = static_cast<char*>(realloc(old, kBytes + kBytes / 2));
  ASSERT_NE(blocked.object, nullptr);
  ASSERT_NE(blocked.object, old) << "it was not blocked";
  blocked.Check();
  EXPECT_LT(ResidentBytes(), before + kBytes / 4);
  HeapSnapshot snapshot;
  TakeSnapshot(&snapshot);
  EXPECT_GE(snapshot.page_heap_released, kBytes);
  EXPECT_EQ(snapshot.residual, 0);
  CheckHeap(true);
}

TEST(ReallocCopiesWhatCouldMove, MappingsDoNotPileUp) {
  { Blocked warm; }
  const size_t before = Mappings();
  for (int i = 0; i < 50; ++i) {
    Blocked blocked;
    blocked.object = static_cast<char*>(realloc(blocked.object, kBytes + kBytes / 2));
    ASSERT_NE(blocked.object, nullptr);
    if (i % 2 == 0)
      blocked.object = static_cast<char*>(realloc(blocked.object, 2 * kBytes));  // grows in place, or moves
    ASSERT_NE(blocked.object, nullptr);
    blocked.Check();
  }
  EXPECT_LE(Mappings(), before + 4);
  CheckHeap(true);
}

TEST(ReallocCopiesWhatCouldMove, WhatComesFromTheOldPlaceIsZero) {
  Blocked blocked;
  char* const old = blocked.object;
  blocked.object = static_cast<char*>(realloc(old, kBytes + kBytes / 2));
  ASSERT_NE(blocked.object, nullptr);
  char* const zero = static_cast<char*>(calloc(kBytes / 2, 2));
  ASSERT_NE(zero, nullptr);
  for (size_t at = 0; at < kBytes; at += 512) ASSERT_EQ(zero[at], 0) << at;
  blocked.Check();
  free(zero);
}

}  // namespace
}  // namespace glassheap
