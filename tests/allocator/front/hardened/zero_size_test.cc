// Objects of size zero in the hardened library: addresses without access, each in use at most once.
#include <errno.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <new>

#include "allocator/introspection.h"
#include "tests/support/random.h"

namespace glassheap {
namespace {

using testing::Random;

constexpr size_t kInRange = size_t{1} << 20;  // zero_size.h

uintptr_t AddressOf(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

// What the compiler must not follow.
char* Unknown(void* pointer) {
  asm volatile("" : "+r"(pointer));
  return static_cast<char*>(pointer);
}

// An object of nothing, and the ways to take one and to give it back.
struct Nothing {
  enum Way { kMalloc, kCalloc, kRealloc, kAligned, kNew, kNewArray, kNewAligned, kWays };

  void* address = nullptr;
  Way way = kMalloc;

  static Nothing Take(Random& random) {
    const Way way = static_cast<Way>(random.Below(kWays));
    const size_t alignment = size_t{16} << random.Below(9);
    Nothing nothing;
    nothing.way = way;
    errno = 99;
    switch (way) {
      case kMalloc:
        nothing.address = malloc(0);
        break;
      case kCalloc:
        nothing.address = random.OneIn(2) ? calloc(0, 8) : calloc(8, 0);
        break;
      case kRealloc:
        nothing.address = realloc(nullptr, 0);
        break;
      case kAligned:
        EXPECT_EQ(posix_memalign(&nothing.address, alignment, 0), 0);
        EXPECT_EQ(AddressOf(nothing.address) % alignment, 0u);
        break;
      case kNew:
        nothing.address = operator new(0);
        break;
      case kNewArray:
        nothing.address = new char[0];
        break;
      default:
        nothing.address = operator new (0, std::align_val_t{alignment});
        EXPECT_EQ(AddressOf(nothing.address) % alignment, 0u);
    }
    EXPECT_EQ(errno, 99);
    EXPECT_NE(nothing.address, nullptr);
    EXPECT_EQ(AddressOf(nothing.address) % 16, 0u);
    return nothing;
  }

  void Give(Random& random) const {
    EXPECT_EQ(malloc_usable_size(address), 0u);
    EXPECT_EQ(GetOwnership(address), Ownership::kOwned);
    errno = 99;
    switch (way) {
      case kNew:
        random.OneIn(2) ? operator delete(address) : operator delete (address, size_t{0});
        break;
      case kNewArray:
        delete[] static_cast<char*>(address);
        break;
      case kNewAligned:
        operator delete (address, std::align_val_t{16});
        break;
      default:
        if (random.OneIn(3)) return Grow(random);
        if (random.OneIn(3)) {
          EXPECT_EQ(realloc(address, 0), nullptr);
        } else {
          free(address);
        }
    }
    EXPECT_EQ(errno, 99);
  }

 private:
  void Grow(Random& random) const {
    const size_t size = 1 + random.Skewed(100'000);
    char* grown = static_cast<char*>(realloc(address, size));
    ASSERT_NE(grown, nullptr);
    EXPECT_NE(grown, address);
    grown[0] = grown[size - 1] = 'x';
    EXPECT_EQ(malloc_usable_size(grown), size);
    free(grown);
  }
};

// Sorts; the shadow must not be on the heap.
void ExpectDistinct(Nothing* begin, Nothing* end) {
  std::sort(begin, end, [](const Nothing& a, const Nothing& b) { return a.address < b.address; });
  const auto same = std::adjacent_find(begin, end, [](auto& a, auto& b) { return a.address == b.address; });
  EXPECT_EQ(same, end) << same->address << " is in use twice";
}

TEST(ZeroSize, RandomOperationsAgreeWithTheirShadow) {
  static Nothing live[5000];
  size_t count = 0;
  Random random(1);
  for (int i = 0; i < 200'000; ++i) {
    if (count == 0 || (count < std::size(live) && random.Below(100) < 52)) {
      live[count++] = Nothing::Take(random);
    } else {
      const size_t index = random.Below(count);
      live[index].Give(random);
      live[index] = live[--count];
    }
    if (i % 10'000 == 0) ExpectDistinct(live, live + count);
  }
  while (count > 0) live[--count].Give(random);
}

constexpr int kThreads = 4;
constexpr size_t kEach = 3000;
Nothing taken[kThreads][kEach];
pthread_barrier_t barrier;

// Takes, has its neighbour's given back, and so on.
void* TakeAndGive(void* argument) {
  const size_t number = reinterpret_cast<uintptr_t>(argument);
  Random random(100 + number);
  for (int round = 0; round < 5; ++round) {
    for (Nothing& nothing : taken[number]) nothing = Nothing::Take(random);
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
      ExpectDistinct(taken[0], taken[0] + kThreads * kEach);
    }
    pthread_barrier_wait(&barrier);
    for (Nothing& nothing : taken[(number + 1) % kThreads]) nothing.Give(random);
    pthread_barrier_wait(&barrier);
  }
  return nullptr;
}

TEST(ZeroSize, NoTwoThreadsGetTheSame) {
  pthread_barrier_init(&barrier, nullptr, kThreads);
  pthread_t threads[kThreads];
  for (size_t i = 0; i < kThreads; ++i) {
    ASSERT_EQ(pthread_create(&threads[i], nullptr, &TakeAndGive, reinterpret_cast<void*>(i)), 0);
  }
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
}

TEST(ZeroSize, AnAddressDoesNotComeBackSoon) {
  static Nothing freed[10'000];
  for (Nothing& nothing : freed) {
    nothing.address = malloc(0);
    free(nothing.address);
  }
  ExpectDistinct(freed, freed + std::size(freed));
}

TEST(ZeroSize, MoreThanThereAreAddressesForAreSlots) {
  constexpr size_t kCount = kInRange + 5000;
  const size_t bytes = kCount * sizeof(Nothing);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  Nothing* const all = static_cast<Nothing*>(memory);
  for (size_t i = 0; i < kCount; ++i) all[i].address = malloc(0);
  ExpectDistinct(all, all + kCount);
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(malloc_usable_size(all[i].address), 0u);
    free(all[i].address);
  }
  for (size_t i = 0; i < 5000; ++i) all[i].address = malloc(0);
  EXPECT_EXIT(*Unknown(all[0].address) = 'x', ::testing::KilledBySignal(SIGABRT), "access outside an object");
  for (size_t i = 0; i < 5000; ++i) free(all[i].address);
  munmap(memory, bytes);
}

TEST(ZeroSize, AChildGoesOnWithItsParents) {
  static Nothing live[100];
  Random random(7);
  for (Nothing& nothing : live) nothing = Nothing::Take(random);
  const pid_t child = fork();
  if (child == 0) {
    static Nothing own[200];
    for (size_t i = 0; i < 200; ++i) own[i] = i < 100 ? live[i] : Nothing::Take(random);
    ExpectDistinct(own, own + 200);
    for (const Nothing& nothing : own) nothing.Give(random);
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  for (const Nothing& nothing : live) nothing.Give(random);
}

int hooked_new, hooked_delete;
const void* watched;
void OnNew(const void* pointer, size_t size) { hooked_new += size == 0 && AddressOf(pointer) % 16 == 0; }
void OnDelete(const void* pointer) { hooked_delete += pointer == watched; }

TEST(ZeroSize, HooksHearOfThem) {
  ASSERT_TRUE(AddNewHook(&OnNew));
  ASSERT_TRUE(AddDeleteHook(&OnDelete));
  watched = malloc(0);
  free(const_cast<void*>(watched));
  RemoveNewHook(&OnNew);
  RemoveDeleteHook(&OnDelete);
  EXPECT_EQ(hooked_new, 1);
  EXPECT_EQ(hooked_delete, 1);
}

// ---- what goes wrong ----

constexpr char kPlace[] = ": 0x[0-9a-f]+ \\(not in the heap\\)";

void ExpectLine(void (*misuse)(char* object), const std::string& line) {
  const std::string pattern = "^glassheap: " + line + kPlace + "[^\n]*, thread [0-9]+\n";
  EXPECT_EXIT(misuse(Unknown(malloc(0))), ::testing::KilledBySignal(SIGABRT), pattern) << line;
}

char* Freed(char* object) {
  free(object);
  return Unknown(object);
}

TEST(ZeroSize, MisuseSaysItsLine) {
  ExpectLine([](char* object) { putchar(*object); }, "access outside an object");
  ExpectLine([](char* object) { *object = 'A'; }, "access outside an object");
  ExpectLine([](char* object) { object[9] = 'A'; }, "access outside an object");
  ExpectLine([](char* object) { *Freed(object) = 'A'; }, "access to a freed object");
  ExpectLine([](char* object) { free(Freed(object)); }, "double free");
  ExpectLine([](char* object) { Freed(object), Unknown(malloc(0)), free(object); }, "double free");
  ExpectLine([](char* object) { free(object + 8); }, "free of a pointer into an object");
  ExpectLine([](char* object) { free(object + 16); },
             "(double free|free of a pointer that is not an allocated object)");
  ExpectLine([](char* object) { free(Freed(object) + 8); }, "free of a pointer that is not an allocated object");
  ExpectLine([](char* object) { operator delete(object); }, "free by another family than it was allocated by");
  ExpectLine([](char*) { free(Unknown(operator new(0))); }, "free by another family than it was allocated by");
  ExpectLine([](char*) { operator delete(Unknown(new char[0])); }, "free by another family than it was allocated by");
  ExpectLine([](char*) { operator delete(operator new(0), 3); }, "sized delete with a wrong size");
  ExpectLine([](char* object) { Unknown(realloc(Freed(object), 9)); }, "realloc of a freed object");
  ExpectLine([](char* object) { Unknown(realloc(object + 8, 9)); }, "realloc of a pointer into an object");
  ExpectLine([](char* object) { malloc_usable_size(Freed(object)); }, "malloc_usable_size of a freed object");
}

}  // namespace
}  // namespace glassheap
