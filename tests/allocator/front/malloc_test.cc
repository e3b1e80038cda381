// The C family: what each name does with odd arguments. front/README.md has the table.
#include <errno.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "allocator/introspection.h"

extern "C" {
void cfree(void*);
void free_sized(void*, size_t);
void free_aligned_sized(void*, size_t, size_t);
void* __libc_malloc(size_t);
void __libc_free(void*);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void* __libc_valloc(size_t);
void* __libc_pvalloc(size_t);
int __posix_memalign(void**, size_t, size_t);
}

namespace glassheap {
namespace {

// Sizes from all of the allocator's rooms, and their edges.
const std::vector<size_t> kSizes = {0,    1,    7,     8,      9,      16,     24,      128,     129,    1024,
                                    1025, 4096, 32768, 100000, 262144, 262145, 1 << 20, 1048577, 5000000};

// Not a literal, so that the compiler lets it be asked for.
volatile size_t too_large_by_one = size_t{PTRDIFF_MAX} + 1;
volatile size_t too_many = SIZE_MAX / 4;

uintptr_t AddressOf(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

bool IsOurs(const void* pointer) { return GetOwnership(pointer) == Ownership::kOwned; }

uint64_t LiveObjects() {
  HeapSnapshot snapshot;
  TakeSnapshot(&snapshot);
  return snapshot.live_objects;
}

TEST(Malloc, OfNothingIsAPointerOfItsOwn) {
  void* a = malloc(0);
  void* b = malloc(0);
  EXPECT_NE(a, nullptr);
  EXPECT_NE(a, b);
  free(a);
  free(b);
}

TEST(Malloc, EverySizeIsUsableToTheEndAndKeepsErrno) {
  for (const size_t size : kSizes) {
    errno = 99;
    char* object = static_cast<char*>(malloc(size));
    EXPECT_EQ(errno, 99);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(AddressOf(object) % (size > 8 ? 16 : 8), 0u);
    const size_t usable = malloc_usable_size(object);
    EXPECT_GE(usable, size);
    memset(object, 0xee, usable);
    EXPECT_EQ(malloc_usable_size(object), usable);
    free(object);
    EXPECT_EQ(errno, 99);
  }
}

TEST(Malloc, UsableSizeOfNullIsZero) { EXPECT_EQ(malloc_usable_size(nullptr), 0u); }

TEST(Free, KeepsErrnoWhereverItLeads) {
  std::vector<void*> objects;
  for (const size_t size : kSizes) {
    for (int i = 0; i < 200 && size * i < 10'000'000; ++i) objects.push_back(malloc(size));
  }
  errno = 99;
  free(nullptr);
  for (void* object : objects) free(object);
  malloc_trim(0);
  EXPECT_EQ(errno, 99);
}

// Whatever hands out memory refuses what cannot be, with ENOMEM, and changes nothing.
TEST(TooLarge, IsRefusedByEveryFunction) {
  void* kept = malloc(100);
  strcpy(static_cast<char*>(kept), "kept");
  const std::vector<std::pair<const char*, std::function<void*(size_t)>>> functions = {
      {"malloc", [](size_t n) { return malloc(n); }},
      {"calloc", [](size_t n) { return calloc(1, n); }},
      {"calloc n, 1", [](size_t n) { return calloc(n, 1); }},
      {"realloc", [kept](size_t n) { return realloc(kept, n); }},
      {"realloc NULL", [](size_t n) { return realloc(nullptr, n); }},
      {"reallocarray", [kept](size_t n) { return reallocarray(kept, 1, n); }},
      {"memalign", [](size_t n) { return memalign(64, n); }},
      {"memalign 1 MiB", [](size_t n) { return memalign(1 << 20, n); }},
      {"aligned_alloc", [](size_t n) { return aligned_alloc(64, n); }},
      {"valloc", [](size_t n) { return valloc(n); }},
      {"pvalloc", [](size_t n) { return pvalloc(n); }},
      {"__libc_malloc", [](size_t n) { return __libc_malloc(n); }},
  };
  for (const size_t size :
       {too_large_by_one + 0, too_large_by_one - 1, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 16, SIZE_MAX - 4095,
        SIZE_MAX - 4096, SIZE_MAX - 8192, SIZE_MAX - (1 << 20), SIZE_MAX / 2 + 9}) {
    for (const auto& [name, function] : functions) {
      errno = 0;
      EXPECT_EQ(function(size), nullptr) << name << " of " << size;
      EXPECT_EQ(errno, ENOMEM) << name << " of " << size;
    }
    void* result = kept;
    errno = 99;
    EXPECT_EQ(posix_memalign(&result, 64, size), ENOMEM);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(result, kept);
  }
  EXPECT_STREQ(static_cast<char*>(kept), "kept");
  free(kept);
}

TEST(Calloc, IsZeroEvenWhereMemoryWasUsed) {
  for (const size_t size : kSizes) {
    std::vector<char*> dirty;
    for (int i = 0; i < 8; ++i) {
      dirty.push_back(static_cast<char*>(malloc(size)));
      memset(dirty.back(), 0xff, malloc_usable_size(dirty.back()));
    }
    for (char* object : dirty) free(object);
    for (int i = 0; i < 8; ++i) {
      dirty[static_cast<size_t>(i)] = static_cast<char*>(calloc(1, size));
      for (size_t k = 0; k < size; ++k) ASSERT_EQ(dirty[static_cast<size_t>(i)][k], 0) << k << " of " << size;
    }
    for (char* object : dirty) free(object);
  }
}

TEST(Calloc, RefusesAnOverflow) {
  for (const size_t n : {size_t{1} << 32, SIZE_MAX / 2, SIZE_MAX}) {
    errno = 0;
    EXPECT_EQ(calloc(n, size_t{1} << 33), nullptr);
    EXPECT_EQ(errno, ENOMEM);
  }
}

TEST(Reallocarray, RefusesAnOverflowAndLeavesTheObject) {
  char* object = static_cast<char*>(malloc(10));
  strcpy(object, "kept");
  errno = 0;
  EXPECT_EQ(reallocarray(object, too_many, 8), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_STREQ(object, "kept");
  object = static_cast<char*>(reallocarray(object, 100, 1000));
  EXPECT_STREQ(object, "kept");
  free(object);
}

TEST(Realloc, OfNullIsMalloc) {
  void* object = realloc(nullptr, 100);
  EXPECT_GE(malloc_usable_size(object), 100u);
  free(object);
}

TEST(Realloc, ToNothingFrees) {
  for (const size_t size : {10u, 5000u, 400000u}) {
    void* object = malloc(size);
    const uint64_t before = LiveObjects();
    errno = 99;
    void* result = realloc(object, 0);
    const uint64_t after = LiveObjects();
    EXPECT_EQ(result, nullptr);
    EXPECT_EQ(errno, 99);
    EXPECT_EQ(before - after, 1u);
  }
}

TEST(Realloc, KeepsContentsBetweenAllSizes) {
  for (const size_t from : kSizes) {
    for (const size_t to : kSizes) {
      if (to == 0) continue;
      unsigned char* object = static_cast<unsigned char*>(malloc(from));
      for (size_t i = 0; i < from; ++i) object[i] = static_cast<unsigned char>(i * 7 + 1);
      object = static_cast<unsigned char*>(realloc(object, to));
      ASSERT_NE(object, nullptr);
      ASSERT_GE(malloc_usable_size(object), to);
      for (size_t i = 0; i < std::min(from, to); ++i) ASSERT_EQ(object[i], static_cast<unsigned char>(i * 7 + 1));
      free(object);
    }
  }
}

TEST(Aligned, EveryFunctionAligns) {
  for (size_t alignment = 8; alignment <= (1 << 22); alignment *= 2) {
    for (const size_t size : {0u, 1u, 100u, 5000u, 300000u}) {
      void* posix = nullptr;
      errno = 99;
      EXPECT_EQ(posix_memalign(&posix, alignment, size), 0);
      const std::vector<void*> objects = {posix, memalign(alignment, size), aligned_alloc(alignment, size),
                                          __libc_memalign(alignment, size)};
      EXPECT_EQ(errno, 99);
      for (void* object : objects) {
        ASSERT_NE(object, nullptr);
        EXPECT_EQ(AddressOf(object) % alignment, 0u) << alignment << " " << size;
        EXPECT_GE(malloc_usable_size(object), size);
        memset(object, 1, size);
      }
      for (void* object : objects) free(object);
    }
  }
}

TEST(Aligned, PosixMemalignRefusesAndLeavesTheResult) {
  for (const size_t alignment : {0u, 1u, 2u, 4u, 3u, 12u, 24u, 100u}) {
    void* result = &result;
    errno = 99;
    EXPECT_EQ(posix_memalign(&result, alignment, 100), EINVAL) << alignment;
    EXPECT_EQ(result, &result);
    EXPECT_EQ(errno, 99);
  }
}

TEST(Aligned, MemalignRoundsAnAlignmentUp) {
  void* object = memalign(48, 100);
  EXPECT_EQ(AddressOf(object) % 64, 0u);
  free(object);
  object = aligned_alloc(24, 48);
  EXPECT_EQ(AddressOf(object) % 32, 0u);
  free(object);
  errno = 0;
  EXPECT_EQ(memalign(SIZE_MAX / 2 + 2, 1), nullptr);
  EXPECT_EQ(errno, EINVAL);
}

TEST(Aligned, VallocAndPvallocGivePages) {
  void* object = valloc(1);
  EXPECT_EQ(AddressOf(object) % 4096, 0u);
  free(object);
  for (const size_t size : {0u, 1u, 4096u, 4097u}) {
    object = pvalloc(size);
    EXPECT_EQ(AddressOf(object) % 4096, 0u);
    EXPECT_GE(malloc_usable_size(object), (size + 4095) / 4096 * 4096);
    free(object);
  }
}

TEST(OldNames, AreOursToo) {
  void* posix = nullptr;
  EXPECT_EQ(__posix_memalign(&posix, 64, 10), 0);
  for (void* object : {__libc_malloc(10), __libc_calloc(2, 5), __libc_realloc(nullptr, 10), __libc_memalign(64, 10),
                       __libc_valloc(10), __libc_pvalloc(10), posix}) {
    EXPECT_TRUE(IsOurs(object));
    __libc_free(object);
  }
  cfree(malloc(10));
  free_sized(malloc(10), 10);
  free_sized(nullptr, 10);
  free_aligned_sized(aligned_alloc(64, 128), 64, 128);
}

TEST(Mallinfo, SaysWhatTheSnapshotSays) {
  void* object = malloc(1'000'000);
  HeapSnapshot snapshot;
  TakeSnapshot(&snapshot);
  const struct mallinfo2 info = mallinfo2();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  const struct mallinfo narrow = mallinfo();
#pragma GCC diagnostic pop
  EXPECT_EQ(info.uordblks, snapshot.live_bytes);
  EXPECT_EQ(info.arena, snapshot.mapped);
  EXPECT_EQ(info.keepcost, snapshot.page_heap_free);
  EXPECT_EQ(static_cast<size_t>(narrow.uordblks), info.uordblks);
  EXPECT_GE(info.uordblks, 1'000'000u);
  free(object);
}

TEST(MallocInfo, WritesXml) {
  char* text = nullptr;
  size_t size = 0;
  FILE* stream = open_memstream(&text, &size);
  EXPECT_EQ(malloc_info(0, stream), 0);
  fclose(stream);
  EXPECT_NE(strstr(text, "<malloc version="), nullptr);
  EXPECT_NE(strstr(text, "type=\"live\""), nullptr);
  EXPECT_NE(strstr(text, "</malloc>"), nullptr);
  free(text);
  EXPECT_EQ(malloc_info(1, stderr), EINVAL);
}

TEST(MallocStats, WritesTheTiersToStderr) {
  ::testing::internal::CaptureStderr();
  malloc_stats();
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("live_bytes "), std::string::npos);
  EXPECT_NE(text.find("region_slack "), std::string::npos);
}

#ifndef GLASSHEAP_BLOCK  // which gives nothing back
TEST(MallocTrim, SaysWhetherMemoryWasGivenBack) {
  void* object = malloc(8 << 20);
  memset(object, 1, 8 << 20);
  free(object);
  EXPECT_EQ(malloc_trim(0), 1);
  EXPECT_EQ(malloc_trim(0), 0);
}
#endif

TEST(Mallopt, AcceptsAnything) {
  EXPECT_EQ(mallopt(M_MMAP_THRESHOLD, 1 << 20), 1);
  EXPECT_EQ(mallopt(-99, -1), 1);
}

}  // namespace
}  // namespace glassheap
