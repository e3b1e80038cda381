#include "allocator/introspection.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <pthread.h>

#include <cstdlib>
#include <cstring>

#include "allocator/base/types.h"
#include "allocator/glassheap.h"

namespace glassheap {
namespace {

HeapSnapshot Snapshot() {
  HeapSnapshot snapshot;
  TakeSnapshot(&snapshot);
  return snapshot;
}

int a_static;

TEST(Snapshot, CountsWhatIsAllocatedAndFreed) {
  for (const size_t size : {8u, 100u, 1000u, 20'000u, 300'000u, 5'000'000u}) {
    const HeapSnapshot before = Snapshot();
    void* object = malloc(size);
    const HeapSnapshot with = Snapshot();
    const size_t usable = malloc_usable_size(object);
    free(object);
    const HeapSnapshot after = Snapshot();
    EXPECT_EQ(with.live_objects - before.live_objects, 1u);
    EXPECT_EQ(with.live_bytes - before.live_bytes, size <= kMaxSmallSize ? usable : Length::OfBytes(size).bytes());
    EXPECT_EQ(with.allocated_bytes_total - before.allocated_bytes_total, size);
    EXPECT_EQ(after.live_objects, before.live_objects);
    EXPECT_EQ(after.live_bytes, before.live_bytes);
    EXPECT_EQ(before.residual, 0);
    EXPECT_EQ(with.residual, 0);
    EXPECT_EQ(after.residual, 0);
  }
}

TEST(Snapshot, GrossBytesAreExactInTheirOwnThread) {
  const HeapSnapshot before = Snapshot();
  uint64_t asked = 0;
  for (size_t size = 1; size < 3'000'000; size += size / 3 + 1) {
    for (int i = 0; i < 10; ++i) {
      free(malloc(size));
      free(calloc(1, size));
      free(realloc(nullptr, size));
      asked += 3 * size;
    }
  }
  EXPECT_EQ(Snapshot().allocated_bytes_total - before.allocated_bytes_total, asked);
}

TEST(Snapshot, AThreadThatEndedLeavesItsGrossBytesAndNothingElse) {
  pthread_t thread;
  const auto run = [](void* sizes) -> void* {
    for (size_t i = 0; i < 1000; ++i) free(malloc(*static_cast<size_t*>(sizes)));
    return nullptr;
  };
  size_t size = 1000;
  pthread_create(&thread, nullptr, run, &size);  // once before: pthread keeps a stack
  pthread_join(thread, nullptr);
  const HeapSnapshot before = Snapshot();
  pthread_create(&thread, nullptr, run, &size);
  pthread_join(thread, nullptr);
  const HeapSnapshot after = Snapshot();
  EXPECT_GE(after.allocated_bytes_total - before.allocated_bytes_total, 1'000'000u);
  EXPECT_LT(after.allocated_bytes_total - before.allocated_bytes_total, 1'010'000u);
  EXPECT_EQ(after.threads, before.threads);
  EXPECT_EQ(after.live_objects, before.live_objects);
  EXPECT_EQ(after.residual, 0);
}

TEST(Ownership, ObjectsOfAllSizesAreOursToTheirLastByte) {
  for (const size_t size : {8u, 100u, 1000u, 20'000u, 300'000u, 5'000'000u}) {
    char* object = static_cast<char*>(malloc(size));
    EXPECT_EQ(GetOwnership(object), Ownership::kOwned);
    EXPECT_EQ(GetOwnership(object + size / 2), Ownership::kOwned) << size;
    EXPECT_EQ(GetOwnership(object + size - 1), Ownership::kOwned) << size;
    EXPECT_EQ(glassheap_owns(object + size / 2), 1);
    free(object);
  }
}

TEST(Ownership, OtherPointersAreNot) {
  int local;
  for (const void* pointer :
       {static_cast<const void*>(nullptr), static_cast<const void*>(&local), static_cast<const void*>(&a_static),
        static_cast<const void*>("text"), reinterpret_cast<const void*>(~uintptr_t{0}),
        reinterpret_cast<const void*>(uintptr_t{8})}) {
    EXPECT_EQ(GetOwnership(pointer), Ownership::kNotOwned);
    EXPECT_EQ(glassheap_owns(pointer), 0);
    EXPECT_EQ(UsableSize(pointer), 0u);
    EXPECT_EQ(glassheap_usable_size(pointer), 0u);
  }
}

TEST(UsableSize, IsThatOfMalloc) {
  for (const size_t size : {8u, 100u, 1000u, 20'000u, 300'000u, 5'000'000u}) {
    void* object = malloc(size);
    EXPECT_EQ(UsableSize(object), malloc_usable_size(object));
    free(object);
  }
}

TEST(UsableSize, OfWhatIsNoObjectIsZero) {
  for (const size_t size : {24u, 4096u, 300'000u}) {
    char* object = static_cast<char*>(malloc(size));
    EXPECT_EQ(UsableSize(object + 8), 0u) << "into an object of " << size;
    free(object);
    EXPECT_EQ(UsableSize(object), 0u) << "a freed object of " << size;
  }
}

TEST(ReleaseMemory, GivesBackWhatIsFree) {
  char* object = static_cast<char*>(malloc(16 << 20));
  memset(object, 1, 16 << 20);
  free(object);
  const size_t released = ReleaseMemory(SIZE_MAX);
  const HeapSnapshot after = Snapshot();
  EXPECT_GE(released, size_t{16} << 20);
  EXPECT_EQ(after.page_heap_free, 0u);
  EXPECT_EQ(ReleaseMemory(SIZE_MAX), 0u);
  EXPECT_EQ(glassheap_release_memory(1), 0u);
}

TEST(ForEachSpan, VisitsAllInAddressOrder) {
  void* object = malloc(1 << 20);
  struct Visit {
    const char* end = nullptr;
    const void* wanted;
    bool ordered = true, found = false;
    size_t bytes = 0;
  } visit;
  visit.wanted = object;
  ForEachSpan(
      [](const SpanInfo& span, void* context) {
        Visit& v = *static_cast<Visit*>(context);
        const char* start = static_cast<const char*>(span.start);
        v.ordered &= start >= v.end;
        v.end = start + span.bytes;
        v.bytes += span.bytes;
        v.ordered &= span.resident_claim <= span.bytes && span.slots_out <= span.slots;
        if (span.start == v.wanted) v.found = span.in_use && span.bytes == 1 << 20 && span.object_size == 0;
      },
      &visit);
  const HeapSnapshot s = Snapshot();
  EXPECT_TRUE(visit.ordered);
  EXPECT_TRUE(visit.found);
  EXPECT_LE(visit.bytes, s.mapped);
  EXPECT_EQ(visit.bytes, s.mapped - s.metadata - s.region_slack);
  free(object);
}

TEST(CheckHeap, IsContentWithAHeapInUse) {
  CheckHeap(true);
  CheckHeap(false);
  glassheap_check_heap(1);
}

TEST(CInterface, TheSnapshotIsTheSame) {
  glassheap_snapshot c;
  HeapSnapshot cpp;
  glassheap_take_snapshot(&c);
  TakeSnapshot(&cpp);
  EXPECT_EQ(memcmp(&c, &cpp, sizeof(c)), 0);
}

}  // namespace
}  // namespace glassheap
