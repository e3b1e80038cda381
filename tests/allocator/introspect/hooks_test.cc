#include <gtest/gtest.h>
#include <malloc.h>
#include <pthread.h>

#include <cstdlib>
#include <new>

#include "allocator/glassheap.h"
#include "allocator/introspection.h"

namespace glassheap {
namespace {

// What the hooks saw. Plain numbers: a hook must not allocate.
struct Seen {
  int news = 0;
  int deletes = 0;
  size_t bytes = 0;
  const void* last_new = nullptr;
  const void* last_delete = nullptr;
  uint64_t first_word = 0;  // of what is about to go
};
Seen seen;

void CountNew(const void* pointer, size_t size) {
  ++seen.news;
  seen.bytes += size;
  seen.last_new = pointer;
}
void CountDelete(const void* pointer) {
  ++seen.deletes;
  seen.last_delete = pointer;
  seen.first_word = *static_cast<const uint64_t*>(pointer);
}
void AllocateInHook(const void*, size_t) {
  ++seen.news;
  free(malloc(100));
}
template <int n>
void Numbered(const void*, size_t) {}

class HooksTest : public ::testing::Test {
 protected:
  void SetUp() override { seen = {}; }
  void Install() {
    AddNewHook(&CountNew);
    AddDeleteHook(&CountDelete);
  }
  // No EXPECT between Install and this: it might allocate.
  Seen Uninstall() {
    RemoveNewHook(&CountNew);
    RemoveDeleteHook(&CountDelete);
    return seen;
  }
};

TEST_F(HooksTest, SeeEveryCallOnce) {
  Install();
  for (int i = 0; i < 1000; ++i) free(malloc(100));
  const Seen s = Uninstall();
  EXPECT_EQ(s.news, 1000);
  EXPECT_EQ(s.deletes, 1000);
  EXPECT_EQ(s.bytes, 100'000u);
  EXPECT_EQ(s.last_new, s.last_delete);
}

TEST_F(HooksTest, SeeEveryFunctionAndSize) {
  for (const size_t size : {1u, 16u, 1000u, 5000u, 300'000u, 3'000'000u}) {
    seen = {};
    Install();
    void* posix = nullptr;
    if (posix_memalign(&posix, 64, size) != 0) abort();
    free(posix);
    free(malloc(size));
    free(calloc(1, size));
    free(memalign(4096, size));
    free(realloc(nullptr, size));
    operator delete(operator new(size));
    operator delete[](operator new[](size), size);
    operator delete(operator new(size, std::align_val_t(64)), std::align_val_t(64));
    free(nullptr);
    const Seen s = Uninstall();
    EXPECT_EQ(s.news, 8) << size;
    EXPECT_EQ(s.deletes, 8) << size;
    EXPECT_GE(s.bytes, 8 * size);
  }
}

TEST_F(HooksTest, SeeTheSizeThatWasAskedFor) {
  Install();
  free(memalign(4096, 1));
  free(aligned_alloc(64, 100));
  operator delete(operator new(1000, std::align_val_t(128)), std::align_val_t(128));
  EXPECT_EQ(Uninstall().bytes, 1101u);
}

TEST_F(HooksTest, SeeAReallocAsOneDeleteAndOneNew) {
  void* object = malloc(100);
  Install();
  object = realloc(object, 90);  // in place
  object = realloc(object, 100'000);
  object = realloc(object, 400'000);
  object = realloc(object, 500'000);
  const Seen s = Uninstall();
  EXPECT_EQ(s.news, 4);
  EXPECT_EQ(s.deletes, 4);
  EXPECT_EQ(s.bytes, 90u + 100'000 + 400'000 + 500'000);
  EXPECT_EQ(s.last_new, object);
  free(object);
}

TEST_F(HooksTest, ADeleteHookStillFindsTheContents) {
  Install();
  for (const size_t size : {64u, 5000u, 300'000u}) {
    uint64_t* object = static_cast<uint64_t*>(malloc(size));
    *object = 4711;
    free(object);
    if (seen.first_word != 4711) break;
  }
  EXPECT_EQ(Uninstall().first_word, 4711u);
}

TEST_F(HooksTest, SeeOtherThreads) {
  pthread_t thread;
  Install();
  pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        for (int i = 0; i < 100; ++i) free(malloc(32));
        return nullptr;
      },
      nullptr);
  pthread_join(thread, nullptr);
  EXPECT_GE(Uninstall().news, 100);
}

TEST_F(HooksTest, AHookThatAllocatesDoesNotCallItself) {
  AddNewHook(&AllocateInHook);
  void* object = malloc(10);
  RemoveNewHook(&AllocateInHook);
  EXPECT_EQ(seen.news, 1);
  free(object);
}

TEST_F(HooksTest, AfterTheLastIsGoneNothingIsSeen) {
  Install();
  Uninstall();
  seen = {};
  free(malloc(10));
  free(malloc(1 << 20));
  EXPECT_EQ(seen.news, 0);
  EXPECT_EQ(seen.deletes, 0);
}

TEST_F(HooksTest, ThereAreSevenPlaces) {
  const NewHook hooks[] = {&Numbered<0>, &Numbered<1>, &Numbered<2>, &Numbered<3>,
                           &Numbered<4>, &Numbered<5>, &Numbered<6>, &Numbered<7>};
  bool added[8], removed[8];
  for (int i = 0; i < 8; ++i) added[i] = AddNewHook(hooks[i]);
  for (int i = 0; i < 8; ++i) removed[i] = RemoveNewHook(hooks[i]);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(added[i], i < 7) << i;
    EXPECT_EQ(removed[i], i < 7) << i;
  }
  EXPECT_FALSE(RemoveNewHook(hooks[0]));
  EXPECT_FALSE(RemoveDeleteHook(&CountDelete));
}

TEST_F(HooksTest, NullIsNotAHook) {
  EXPECT_FALSE(AddNewHook(nullptr));
  EXPECT_FALSE(RemoveNewHook(nullptr));
  free(malloc(10));
}

TEST_F(HooksTest, TheCInterfaceIsTheSame) {
  const int added = glassheap_add_new_hook(&CountNew) + glassheap_add_delete_hook(&CountDelete);
  free(malloc(10));
  const int removed = glassheap_remove_new_hook(&CountNew) + glassheap_remove_delete_hook(&CountDelete);
  EXPECT_EQ(added, 2);
  EXPECT_EQ(removed, 2);
  EXPECT_EQ(seen.news, 1);
  EXPECT_EQ(seen.deletes, 1);
  EXPECT_EQ(glassheap_remove_new_hook(&CountNew), 0);
}

TEST_F(HooksTest, TheHeapIsWholeWithHooksInstalled) {
  Install();
  void* objects[100];
  for (int i = 0; i < 100; ++i) objects[i] = malloc(static_cast<size_t>(i) * 100);
  CheckHeap(true);
  for (void* object : objects) free(object);
  CheckHeap(true);
  const Seen s = Uninstall();
  CheckHeap(true);
  EXPECT_EQ(s.news, 100);
  EXPECT_EQ(s.deletes, 100);
}

}  // namespace
}  // namespace glassheap
