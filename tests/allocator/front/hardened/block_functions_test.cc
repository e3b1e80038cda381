// The hardened library's memcpy and its like: they do what libc's do, whenever they are called, and die where a block runs
// out of its object. tests/misuse has the lines to the letter.
#include <gtest/gtest.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "allocator/front/hardened/bounds.h"
#include "allocator/front/hardened/libc_blocks.h"

extern "C" {
void* __memcpy_chk(void*, const void*, size_t, size_t);
void* __memmove_chk(void*, const void*, size_t, size_t);
void* __mempcpy_chk(void*, const void*, size_t, size_t);
void* __memset_chk(void*, int, size_t, size_t);
}

namespace glassheap {
namespace {

constexpr size_t kSizes[] = {1,   2,   7,    8,    9,    15,   16,     24,     31,     100,
                             120, 121, 1000, 1016, 1017, 4096, 20'000, 32'760, 100'000};
constexpr size_t kLargest = 100'000;

// What the compiler must not follow.
char* Unknown(void* pointer) {
  asm volatile("" : "+r"(pointer));
  return static_cast<char*>(pointer);
}

char ByteAt(size_t i) { return static_cast<char>(i * 7 + i / 251); }

// Not by the functions under test.
void Fill(char* at, size_t n) {
  for (size_t i = 0; i < n; ++i) at[i] = ByteAt(i);
}

size_t FirstDifference(const char* a, const char* b, size_t n) {
  size_t i = 0;
  while (i < n && a[i] == b[i]) ++i;
  return i;
}

// Lengths that end in the middle, at the end, and nowhere.
std::vector<size_t> LengthsUpTo(size_t most) {
  std::vector<size_t> lengths = {0, most};
  for (size_t n : {size_t{1}, size_t{3}, size_t{8}, size_t{17}, most / 2, most - 1}) {
    if (n < most) lengths.push_back(n);
  }
  return lengths;
}

char source[kLargest + 64], target[kLargest + 64], shadow[kLargest + 64];

// Runs body(object, size, offset, n) with all that lies within an object.
template <typename Body>
void ForAllRanges(Body body) {
  for (const size_t size : kSizes) {
    char* object = Unknown(malloc(size));
    for (size_t offset = 0; offset <= std::min<size_t>(size, 17); ++offset) {
      for (const size_t n : LengthsUpTo(size - offset)) {
        SCOPED_TRACE(testing::Message() << n << " bytes at " << offset << " of " << size);
        body(object, size, offset, n);
        if (testing::Test::HasFailure()) return;
      }
    }
    free(object);
  }
}

TEST(BlockFunctions, CopyToAnObject) {
  Fill(source, sizeof(source));
  ForAllRanges([](char* object, size_t size, size_t offset, size_t n) {
    for (size_t skew = 0; skew < 3; ++skew) {
      for (size_t i = 0; i < size; ++i) object[i] = shadow[i] = 1;
      for (size_t i = 0; i < n; ++i) shadow[offset + i] = source[skew + i];
      EXPECT_EQ(memcpy(object + offset, source + skew, n), object + offset);
      EXPECT_EQ(FirstDifference(object, shadow, size), size);
    }
  });
}

TEST(BlockFunctions, CopyFromAnObject) {
  ForAllRanges([](char* object, size_t size, size_t offset, size_t n) {
    Fill(object, size);
    for (size_t i = 0; i < n + 2; ++i) target[i] = 1;
    EXPECT_EQ(mempcpy(target + 1, object + offset, n), target + 1 + n);
    EXPECT_EQ(FirstDifference(target + 1, object + offset, n), n);
    EXPECT_TRUE(target[0] == 1 && target[n + 1] == 1);
  });
}

TEST(BlockFunctions, MoveWithinAnObject) {
  ForAllRanges([](char* object, size_t size, size_t offset, size_t n) {
    for (size_t from : {size_t{0}, (size - n) / 2, size - n}) {
      Fill(object, size);
      Fill(shadow, size);
      for (size_t i = 0; i < n; ++i) shadow[offset + i] = ByteAt(from + i);
      EXPECT_EQ(memmove(object + offset, object + from, n), object + offset);
      EXPECT_EQ(FirstDifference(object, shadow, size), size) << "from " << from;
    }
  });
}

TEST(BlockFunctions, SetInAnObject) {
  ForAllRanges([](char* object, size_t size, size_t offset, size_t n) {
    Fill(object, size);
    Fill(shadow, size);
    for (size_t i = 0; i < n; ++i) shadow[offset + i] = '\xa5';
    EXPECT_EQ(memset(object + offset, 0x1a5, n), object + offset);
    EXPECT_EQ(FirstDifference(object, shadow, size), size);
    for (size_t i = 0; i < n; ++i) shadow[offset + i] = 0;
    bzero(object + offset, n);
    explicit_bzero(object + offset, n);
    EXPECT_EQ(FirstDifference(object, shadow, size), size);
  });
}

TEST(BlockFunctions, ThoseThatKnowTheRoom) {
  Fill(source, sizeof(source));
  char* object = Unknown(malloc(100));
  EXPECT_EQ(__memcpy_chk(object, source, 100, 100), object);
  EXPECT_EQ(FirstDifference(object, source, 100), 100u);
  EXPECT_EQ(__mempcpy_chk(object, source + 1, 50, 51), object + 50);
  EXPECT_EQ(FirstDifference(object, source + 1, 50), 50u);
  EXPECT_EQ(__memmove_chk(object + 1, object, 50, 99), object + 1);
  EXPECT_EQ(FirstDifference(object + 1, source + 1, 50), 50u);
  EXPECT_EQ(__memset_chk(object, 3, 100, 100), object);
  EXPECT_TRUE(object[0] == 3 && object[99] == 3);
  EXPECT_DEATH(__memcpy_chk(object, source, 100, 99), "buffer overflow detected");
  EXPECT_DEATH(__memset_chk(object, 0, 101, ~size_t{0}), "glassheap: write past the end of an object: ");
  EXPECT_DEATH(__memmove_chk(object + 1, source, 100, ~size_t{0}), "glassheap: write past the end of an object: ");
  EXPECT_DEATH(__mempcpy_chk(source, object, 101, ~size_t{0}), "glassheap: read past the end of an object: ");
  free(object);
}

// Until libc's are known.
TEST(BlockFunctions, OwnOnesDoTheSame) {
  constexpr size_t kRoom = 80;
  for (size_t from = 0; from < 24; ++from) {
    for (size_t to = 0; to < 24; ++to) {
      for (size_t n = 0; n <= 40; ++n) {
        Fill(target, kRoom);
        Fill(shadow, kRoom);
        for (size_t i = 0; i < n; ++i) shadow[to + i] = ByteAt(from + i);
        EXPECT_EQ(libc_blocks::OwnMove(target + to, target + from, n), target + to);
        ASSERT_EQ(FirstDifference(target, shadow, kRoom), kRoom) << n << " bytes from " << from << " to " << to;
      }
    }
  }
  EXPECT_EQ(libc_blocks::OwnSet(target + 3, 0x1a5, 5), target + 3);
  for (size_t i = 3; i < 8; ++i) shadow[i] = '\xa5';
  EXPECT_EQ(FirstDifference(target, shadow, 8), 8u);
}

TEST(BlockFunctions, NoBytesAreNowhere) {
  for (const size_t size : kSizes) {
    char* object = Unknown(malloc(size));
    char* freed = Unknown(malloc(size));
    free(freed);
    for (char* at : {object + size, object + size + 1, object - 1, freed, static_cast<char*>(nullptr)}) {
      memcpy(at, source, 0);
      memmove(source, at, 0);
      memset(at, 0, 0);
    }
    free(object);
  }
}

// Other slots' ends and starts are close to one another, and each belongs to one.
TEST(BlockFunctions, EveryByteOfASlotFindsIt) {
  for (size_t size = 1; size <= hardened::kMaxHardenedSmall; size += size < 1100 ? 8 : 997) {
    std::vector<char*> objects;
    for (int i = 0; i < 20; ++i) objects.push_back(Unknown(malloc(size)));
    for (char* object : objects) {
      const uint32_t entry = EntryOf(object);
      if (entry == 0) continue;  // sampled
      const size_t capacity = ClassSize(ClassOfObject(object));
      for (size_t offset = 0; offset<capacity; offset += capacity> 2000 ? 61 : 1) {
        const char* at = object + offset;
        const hardened::SlotAround slot(reinterpret_cast<uintptr_t>(at), EntryOf(at));
        ASSERT_TRUE(slot.begin() == object && slot.offset() == offset && slot.usable()) << offset << " of " << size;
      }
    }
    for (char* object : objects) free(object);
  }
}

// In front of a span's first slot, behind its last one, and in what was never handed out there is no object.
TEST(BlockFunctions, ASpansEndsAreNoObjects) {
  for (const size_t size : {8u, 100u, 1000u, 5000u, 20'000u}) {
    char* object = Unknown(malloc(size));
    const uint32_t entry = EntryOf(object);
    ASSERT_NE(entry, 0u);
    const SizeClass c = ClassOfObject(object);
    const uintptr_t page = reinterpret_cast<uintptr_t>(object) / kPageSize * kPageSize;
    char* begin = reinterpret_cast<char*>(page - PageMap::PageInSpan(entry) * kPageSize);
    const size_t bytes = SpanLength(c).bytes();
    int usable = 0;
    for (size_t offset = 0; offset < bytes; ++offset) {
      const hardened::SlotAround slot(reinterpret_cast<uintptr_t>(begin + offset), EntryOf(begin + offset));
      usable += slot.usable() && slot.offset() == 0;
      if (slot.valid()) {
        ASSERT_LE(static_cast<char*>(slot.begin()) + slot.capacity(), begin + bytes) << offset;
      }
      if (slot.usable()) {
        ASSERT_GT(slot.begin(), begin) << offset;
      }
    }
    const size_t most = bytes / ClassSize(c);
    EXPECT_TRUE(size_t(usable) == most || size_t(usable) == most - 1) << usable << " of " << most << " for " << size;
    EXPECT_DEATH(memset(begin, 0, 1), "glassheap: access outside an object: ");
    free(object);
  }
}

TEST(BlockFunctionsDeathTest, BadRanges) {
  for (const size_t size : {8u, 24u, 1024u, 4096u, 20'000u}) {
    char* object = Unknown(malloc(size));
    ASSERT_NE(EntryOf(object), 0u);
    EXPECT_DEATH(memcpy(object, source, size + 1), "write past the end of an object: ");
    EXPECT_DEATH(memcpy(object, source, ~size_t{0}), "write past the end of an object: ");
    EXPECT_DEATH(memmove(object + size, source, 1), "write past the end of an object: ");
    EXPECT_DEATH(memset(object + size - 1, 0, 40), "write past the end of an object: ");
    EXPECT_DEATH(bzero(object + 1, size), "write past the end of an object: ");
    EXPECT_DEATH(explicit_bzero(object + 1, size), "write past the end of an object: ");
    EXPECT_DEATH(memcpy(object - 1, source, 8), "write before the start of an object: ");
    EXPECT_DEATH(memcpy(target, object, size + 1), "read past the end of an object: ");
    EXPECT_DEATH(mempcpy(target, object + size, 1), "read past the end of an object: ");
    EXPECT_DEATH((free(object), memcpy(object, source, 1)), "access to a freed object: ");
    EXPECT_DEATH((free(object), memcpy(target, object + size - 1, 1)), "access to a freed object: ");
    free(object);
  }
}

TEST(BlockFunctionsDeathTest, ResizedObjects) {
  char* object = Unknown(malloc(100));
  object = Unknown(realloc(object, 90));
  memset(object, 1, 90);
  EXPECT_DEATH(memset(object, 1, 91), "write past the end of an object: ");
  object = Unknown(realloc(object, 100'000));
  memset(object, 1, 100'000);
  EXPECT_DEATH(memset(object, 1, 100'001), "write past the end of an object: ");
  object = Unknown(realloc(object, 99'990));
  memcpy(target, object, 99'990);
  EXPECT_DEATH(memcpy(target, object, 99'991), "read past the end of an object: ");
  free(object);
}

// Whose trailer was written over by hand is what free would call it.
TEST(BlockFunctionsDeathTest, DamagedObject) {
  char* object = Unknown(malloc(24));
  EXPECT_DEATH((object[24] = static_cast<char>(~object[24]), memcpy(object, source, 1)),
               "write past the end of an object: ");
  free(object);
}

// ---- whenever they are called ----

char early_result[64];
bool early_known = true;

// Before any constructor: the library does not know libc's yet.
void Early() {
  early_known = libc_blocks::next_move != nullptr;
  char* object = Unknown(malloc(32));
  memset(object, 'e', 32);
  memcpy(early_result, object, 32);
  memmove(early_result + 16, early_result, 32);
  free(object);
}
__attribute__((section(".preinit_array"), used)) void (*const early)() = &Early;

TEST(BlockFunctions, BeforeConstructors) {
  EXPECT_FALSE(early_known);
  EXPECT_NE(libc_blocks::next_move, nullptr);
  for (size_t i = 0; i < 48; ++i) EXPECT_EQ(early_result[i], 'e') << i;
}

TEST(BlockFunctions, InTheChildOfAVfork) {
  char* object = Unknown(malloc(40));
  Fill(object, 40);
  const pid_t child = vfork();
  if (child == 0) {
    memcpy(target, object, 40);
    memset(object, 0, 40);
    _exit(7);
  }
  int status;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_TRUE(object[0] == 0 && object[39] == 0 && target[39] == ByteAt(39));
  free(object);
}

char* handlers_object;

TEST(BlockFunctions, InASignalHandler) {
  handlers_object = Unknown(malloc(40));
  signal(SIGUSR1, [](int) { memset(handlers_object, 'h', 40); });
  raise(SIGUSR1);
  EXPECT_TRUE(handlers_object[0] == 'h' && handlers_object[39] == 'h');
  signal(SIGUSR1, SIG_DFL);
  free(handlers_object);
}

}  // namespace
}  // namespace glassheap
