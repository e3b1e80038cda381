// Every operator new and delete, and what happens when there is no memory.
#include <errno.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstring>
#include <new>
#include <stdexcept>

#include "allocator/base/os_memory.h"
#include "allocator/introspection.h"

namespace glassheap {
namespace {

constexpr size_t kHuge = size_t{3} << 30;
volatile size_t impossible = PTRDIFF_MAX;

uintptr_t AddressOf(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

// Refuses what the heap cannot have without asking the kernel, as long as it lives.
class NoMemory {
 public:
  NoMemory() {
    os::SetFaultHook([](os::Call call, size_t) { return call != os::Call::kDiscard; });
  }
  ~NoMemory() { os::SetFaultHook(nullptr); }
};

class OperatorsTest : public ::testing::Test {
 protected:
  void SetUp() override { handler_calls = 0; }
  void TearDown() override {
    std::set_new_handler(nullptr);
    os::SetFaultHook(nullptr);
    CheckHeap(true);
  }
  static int handler_calls;
};
int OperatorsTest::handler_calls = 0;

TEST_F(OperatorsTest, AllFormsOfPlainNew) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{100}, size_t{5000}, size_t{300'000}, size_t{2} << 20}) {
    void* objects[] = {operator new(size), operator new[](size), operator new(size, std::nothrow),
                                                                 operator new[](size, std::nothrow)};
    for (void* object : objects) {
      ASSERT_NE(object, nullptr);
      EXPECT_GE(malloc_usable_size(object), size);
      memset(object, 1, size);
    }
    operator delete(objects[0]);
    operator delete[](objects[1], size);
    operator delete(objects[2], std::nothrow);
    operator delete[](objects[3], std::nothrow);
    operator delete(operator new(size), size);
    operator delete[](operator new[](size));
  }
}

TEST_F(OperatorsTest, AllFormsOfAlignedNew) {
  for (size_t alignment = 16; alignment <= 65536; alignment *= 4) {
    const std::align_val_t align{alignment};
    for (const size_t size : {size_t{0}, size_t{1}, size_t{100}, size_t{300'000}}) {
      void* objects[] =
          {operator new(size, align), operator new[](size, align), operator new(size, align, std::nothrow),
                                                                   operator new[](size, align, std::nothrow)};
      for (void* object : objects) {
        ASSERT_NE(object, nullptr);
        EXPECT_EQ(AddressOf(object) % alignment, 0u);
      }
      operator delete(objects[0], align);
      operator delete[](objects[1], size, align);
      operator delete(objects[2], align, std::nothrow);
      operator delete[](objects[3], align, std::nothrow);
      operator delete(operator new(size, align), size, align);
      operator delete[](operator new[](size, align), align);
    }
  }
}

TEST_F(OperatorsTest, DeleteOfNullDoesNothing) {
  operator delete(nullptr);
  operator delete (nullptr, size_t{10});
  operator delete[](nullptr, size_t{10}, std::align_val_t(64));
}

TEST_F(OperatorsTest, WithoutAHandlerNewThrowsBadAlloc) {
  EXPECT_THROW((void)operator new(impossible), std::bad_alloc);
  EXPECT_THROW((void)operator new[](impossible), std::bad_alloc);
  EXPECT_THROW((void)operator new(impossible, std::align_val_t(64)), std::bad_alloc);
  EXPECT_THROW((void)operator new[](impossible, std::align_val_t(1 << 20)), std::bad_alloc);
}

TEST_F(OperatorsTest, WithoutAHandlerNothrowNewGivesNull) {
  EXPECT_EQ(operator new(impossible, std::nothrow), nullptr);
  EXPECT_EQ(operator new[](impossible, std::nothrow), nullptr);
  EXPECT_EQ(operator new(impossible, std::align_val_t(64), std::nothrow), nullptr);
  EXPECT_EQ(operator new[](impossible, std::align_val_t(64), std::nothrow), nullptr);
}

TEST_F(OperatorsTest, TheHandlerIsCalledUntilThereIsMemory) {
  std::set_new_handler([] {
    if (++handler_calls == 3) os::SetFaultHook(nullptr);
  });
  NoMemory no_memory;
  void* object = operator new(kHuge);
  EXPECT_NE(object, nullptr);
  EXPECT_EQ(handler_calls, 3);
  operator delete(object);
}

TEST_F(OperatorsTest, TheHandlerOfAlignedNewToo) {
  std::set_new_handler([] {
    if (++handler_calls == 2) os::SetFaultHook(nullptr);
  });
  NoMemory no_memory;
  void* object = operator new(2 * kHuge, std::align_val_t(1 << 16));
  EXPECT_EQ(AddressOf(object) % (1 << 16), 0u);
  EXPECT_EQ(handler_calls, 2);
  operator delete(object, std::align_val_t(1 << 16));
}

TEST_F(OperatorsTest, AHandlerThatGivesUpEndsTheLoop) {
  std::set_new_handler([] {
    ++handler_calls;
    std::set_new_handler(nullptr);
  });
  EXPECT_THROW((void)operator new(impossible), std::bad_alloc);
  EXPECT_EQ(handler_calls, 1);
}

TEST_F(OperatorsTest, WhatTheHandlerThrowsComesThrough) {
  std::set_new_handler([] { throw std::runtime_error("handler"); });
  EXPECT_THROW((void)operator new(impossible), std::runtime_error);
}

TEST_F(OperatorsTest, NothingComesThroughANothrowNew) {
  std::set_new_handler([] {
    ++handler_calls;
    throw std::runtime_error("handler");
  });
  EXPECT_EQ(operator new(impossible, std::nothrow), nullptr);
  EXPECT_EQ(operator new[](impossible, std::align_val_t(64), std::nothrow), nullptr);
  EXPECT_EQ(handler_calls, 2);
}

// ---- the C family without memory ----

TEST_F(OperatorsTest, WithoutMemoryMallocSaysSoAndGoesOnLater) {
  {
    NoMemory no_memory;
    errno = 0;
    EXPECT_EQ(malloc(8 * kHuge), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(calloc(8, kHuge), nullptr);
    EXPECT_EQ(memalign(1 << 20, 8 * kHuge), nullptr);
  }
  void* object = malloc(8 << 20);
  EXPECT_NE(object, nullptr);
  free(object);
}

TEST_F(OperatorsTest, WithoutMemoryReallocLeavesTheObject) {
  char* object = static_cast<char*>(malloc(1000));
  strcpy(object, "kept");
  {
    NoMemory no_memory;
    errno = 0;
    EXPECT_EQ(realloc(object, 8 * kHuge), nullptr);
    EXPECT_EQ(errno, ENOMEM);
  }
  EXPECT_STREQ(object, "kept");
  free(object);
}

TEST_F(OperatorsTest, SmallObjectsRunOutAndComeBack) {
  constexpr size_t kMost = 200'000;
  static void* objects[kMost];  // not on the heap
  size_t count = 0;
  {
    NoMemory no_memory;
    while (count < kMost && (objects[count] = malloc(200'000)) != nullptr) ++count;
  }
  EXPECT_LT(count, kMost);
  for (size_t i = 0; i < count; ++i) free(objects[i]);
  void* object = malloc(5000);
  EXPECT_NE(object, nullptr);
  free(object);
}

}  // namespace
}  // namespace glassheap
