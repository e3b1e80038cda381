// The end of a large object in the default library (front/large_end.h): its size is what was asked for, whatever becomes of
// it, and a write behind it is named.
#include <gtest/gtest.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;

// What the compiler must not follow.
char* Unknown(void* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return static_cast<char*>(pointer);
}

struct Object {
  char* address;
  size_t size;
  char letter;

  void Fill(Random& random) {
    letter = static_cast<char>(random.Next());
    memset(address, letter, size);
  }
  bool Holds(size_t bytes) const {
    return std::all_of(address, address + bytes, [this](char byte) { return byte == letter; });
  }
};

size_t LargeSize(Random& random) {
  const size_t size = 262'145 + random.Skewed(6 << 20);
  return random.OneIn(8) ? size & ~size_t{4095} : size;
}

Object Allocate(Random& random) {
  Object object = {nullptr, LargeSize(random), 0};
  switch (random.Below(4)) {
    case 0:
      object.address = static_cast<char*>(calloc(1, object.size));
      EXPECT_TRUE(object.Holds(object.size)) << "not zero";
      break;
    case 1:
      object.address = static_cast<char*>(aligned_alloc(size_t{4096} << random.Below(5), object.size));
      break;
    default:
      object.address = static_cast<char*>(malloc(object.size));
  }
  object.Fill(random);
  return object;
}

// All that lies behind the objects is for their patterns, so none may be hurt by another's growth, move or reuse.
TEST(LargeEnd, HasTheSizeThatWasAskedForInAllItsLife) {
  Random random;
  std::vector<Object> objects;
  for (int step = 0; step < 800; ++step) {
    if (objects.size() < 12 && random.OneIn(2)) objects.push_back(Allocate(random));
    if (objects.empty()) continue;
    const size_t index = random.Below(objects.size());
    Object& object = objects[index];
    ASSERT_EQ(malloc_usable_size(object.address), object.size);
    if (random.OneIn(2)) {
      const size_t size = random.OneIn(3) ? object.size + random.Skewed(10'000) : LargeSize(random);
      object.address = static_cast<char*>(realloc(object.address, size));
      ASSERT_TRUE(object.Holds(std::min(size, object.size)));
      object.size = size;
      ASSERT_EQ(malloc_usable_size(object.address), size);
      object.Fill(random);
    } else {
      ASSERT_TRUE(object.Holds(object.size));
      free(object.address);
      objects.erase(objects.begin() + static_cast<long>(index));
    }
  }
  for (const Object& object : objects) free(object.address);
}

TEST(LargeEnd, IsWhereASizedDeleteSaysItIs) {
  Random random{1};
  for (int i = 0; i < 200; ++i) {
    const size_t size = LargeSize(random);
    operator delete(Unknown(operator new(size)), size);
    operator delete[](Unknown(operator new[](size)), size);
  }
}

// Whatever looks at an object finds what was written behind it.
void ExpectLine(size_t size, size_t offset, void (*use)(char* object), const std::string& line) {
  const auto misuse = [=] {
    char* object = Unknown(malloc(size));
    object[offset] = static_cast<char>(~object[offset]);
    use(object);
  };
  EXPECT_EXIT(misuse(), ::testing::KilledBySignal(SIGABRT), "^glassheap: " + line + ": 0x[0-9a-f]+ ") << size;
}

TEST(LargeEnd, ShowsAWriteBehindIt) {
  const std::string line = "write past the end of an object";
  for (const size_t size : {300'000u, 300'001u, 300'007u, 5'000'000u}) {
    for (const size_t behind : {0u, 1u, 7u, 8u, 31u}) {
      ExpectLine(
          size, size + behind, [](char* object) { free(object); }, line);
    }
    ExpectLine(
        size, size, [](char* object) { Unknown(realloc(object, 400'000)); }, line);
    ExpectLine(
        size, size, [](char* object) { Unknown(realloc(object, 10)); }, line);
    ExpectLine(
        size, size, [](char* object) { malloc_usable_size(object); }, line);
    ExpectLine(
        size, size, [](char* object) { operator delete(object); }, line);
  }
  // A string's end, and less than all of it.
  for (const size_t zeros : {1u, 31u}) {
    const auto misuse = [=] {
      char* object = Unknown(malloc(300'000));
      memset(object + 300'000, 0, zeros);
      free(object);
    };
    EXPECT_EXIT(misuse(), ::testing::KilledBySignal(SIGABRT), "^glassheap: " + line + ": ") << zeros;
  }
  // The last bytes of its last system page are all there is.
  ExpectLine(
      4096 * 80 - 3, 4096 * 80 - 1, [](char* object) { free(object); }, line);
}

// The kernel takes whole pages: with the object's last bytes goes what lies behind them.
TEST(LargeEnd, MayBeDroppedWithTheObject) {
  for (const size_t size : {300'000u, 4096u * 80 - 3, 4096u * 80}) {
    char* object = Unknown(malloc(size));
    memset(object, 'x', size);
    ASSERT_EQ(madvise(object, size, MADV_DONTNEED), 0);
    EXPECT_EQ(malloc_usable_size(object), size);
    object = Unknown(realloc(object, size + 10'000));
    ASSERT_EQ(madvise(object, size + 10'000, MADV_DONTNEED), 0);
    object[size] = 'x';
    free(object);
  }
}

TEST(LargeEnd, ASizedDeleteMustGiveItsSize) {
  const std::string line = "sized delete with a wrong size";
  ExpectLine(
      300'000, 0, [](char* object) { operator delete(object, 299'999); }, line);
  ExpectLine(
      300'000, 0, [](char* object) { operator delete(object, 300'001); }, line);
}

TEST(LargeObject, ShowsAWriteToItsFirstWordAfterItWasFreed) {
  ExpectLine(
      300'000, 0,
      [](char* object) {
        free(object);
        Unknown(object)[7] = 'w';
        Unknown(malloc(300'000));
      },
      "write after free, or double free");
}

}  // namespace
}  // namespace glassheap
