#include "allocator/front/hardened/guarded_pool.h"

#include <cstring>

#include "allocator/base/lock.h"
#include "allocator/base/os_memory.h"
#include "allocator/base/racy.h"
#include "allocator/front/hardened/bindings.h"
#include "allocator/front/hardened/pattern.h"
#include "allocator/front/hardened/stack_trace.h"
#include "allocator/heap/heap.h"
#include "allocator/heap/misuse.h"

namespace glassheap::hardened {
namespace {

constexpr uint32_t kPlaces = 256;
constexpr size_t kPage = kSystemPageSize;
constexpr size_t kStride = 2 * kPage;  // a page and the guard behind it
constexpr size_t kPoolBytes = kPlaces * kStride + kPage;

enum class State : uint8_t { kNever, kLive, kFreed };

struct Place {
  char* object;
  size_t size;
  Origin origin;
  State state;
  StackTrace allocated;
  StackTrace freed;
};

constinit Lock lock{LockRank::kPageHeap};
constinit char* pool = nullptr;
constinit bool failed = false;
constinit Place* places = nullptr;
constinit uint32_t next_place = 0;
constinit bool closed_down = false;

char* PageOf(uint32_t place) { return pool + kPage + place * kStride; }

// The place whose page, or a guard beside it, holds the address.
Place& NearestTo(const void* address) {
  const size_t offset = static_cast<size_t>(static_cast<const char*>(address) - pool);
  if (offset < kPage) return places[0];
  // Half of the guard behind a page counts as behind it, half as before the next.
  const size_t index = (offset - kPage) / kStride;
  const bool before_next = (offset - kPage) % kStride >= kPage + kPage / 2;
  return places[before_next && index + 1 < kPlaces ? index + 1 : index];
}

bool MakePool() {
  if (pool != nullptr) return true;
  if (failed) return false;
  failed = true;
  places = static_cast<Place*>(os::MapAnywhere(RoundUp(kPlaces * sizeof(Place), kPage)));
  char* memory = static_cast<char*>(os::MapAnywhere(kPoolBytes));
  if (places == nullptr || memory == nullptr || !os::Protect(memory, kPoolBytes)) return false;
  __atomic_store_n(&pool, memory, __ATOMIC_RELEASE);
  failed = false;
  return true;
}

// The object's place, live, or death.
Place& LiveOrDie(const void* object, Misuse interior, Misuse freed) {
  Place& place = NearestTo(object);
  if (place.object == object && place.state == State::kLive) return place;
  const Misuse misuse = place.object == object && place.state == State::kFreed ? freed : interior;
  ReportMisuse(misuse, object, heap.pages);
}

// Bytes of the page behind the object.
size_t SlackOf(const Place& place) { return kPage - reinterpret_cast<uintptr_t>(place.object) % kPage - place.size; }

void DieIfWrittenPast(const Place& place) {
  if (PatternHolds(place.object + place.size, SlackOf(place))) return;
  ReportMisuse(Misuse::kOverflow, place.object, heap.pages);
}

}  // namespace

void* GuardedPool::Take(size_t size, Origin origin, bool at_end) {
  if (LoadRacy(&closed_down)) return nullptr;
  StackTrace stack;
  stack.Capture();  // without the lock: the unwinder takes the dynamic loader's
  LockHolder hold(lock);
  if (!MakePool()) return nullptr;
  for (uint32_t tries = 0; tries < kPlaces; ++tries) {
    const uint32_t index = next_place;
    next_place = (next_place + 1) % kPlaces;
    Place& place = places[index];
    if (place.state == State::kLive) continue;
    char* page = PageOf(index);
    if (!os::Unprotect(page, kPage)) return nullptr;
    place.object = at_end ? page + (kPage - RoundUp(size, 16)) : page;
    place.size = size;
    place.origin = origin;
    place.allocated = stack;
    place.state = State::kLive;
    FillPattern(place.object + size, SlackOf(place));
    return place.object;
  }
  return nullptr;
}

bool GuardedPool::Contains(const void* pointer) {
  const char* const start = __atomic_load_n(&pool, __ATOMIC_ACQUIRE);
  return start != nullptr && static_cast<size_t>(static_cast<const char*>(pointer) - start) < kPoolBytes;
}

void GuardedPool::Give(void* object, Origin origin, size_t size) {
  Place& place = LiveOrDie(object, Misuse::kInteriorFree, Misuse::kDoubleFree);
  if (size != kAnySize && size != place.size) ReportMisuse(Misuse::kWrongSize, object, heap.pages, size);
  if (place.origin != origin && AllBoundToUs()) ReportMisuse(Misuse::kWrongFamily, object, heap.pages);
  DieIfWrittenPast(place);
  if (LoadRacy(&closed_down)) {
    place.freed = {.frames = {}, .count = 0, .thread = Lock::Self()};
    place.state = State::kFreed;
    return;
  }
  place.freed.Capture();
  char* const page = static_cast<char*>(object) - reinterpret_cast<uintptr_t>(object) % kPage;
  LockHolder hold(lock);
  place.state = State::kFreed;
  if (!os::Discard(page, kPage)) memset(page, 0, kPage);
  os::Protect(page, kPage);
}

size_t GuardedPool::SizeOrDie(const void* object, Misuse interior, Misuse freed) {
  const Place& place = LiveOrDie(object, interior, freed);
  DieIfWrittenPast(place);
  return place.size;
}

size_t GuardedPool::SizeOrZero(const void* object) {
  const Place& place = NearestTo(object);
  return place.object == object && place.state == State::kLive ? place.size : 0;
}

Origin GuardedPool::OriginOf(const void* object) { return NearestTo(object).origin; }

size_t GuardedPool::SizeAt(const void* address) {
  const Place& place = NearestTo(address);
  return place.state == State::kLive ? place.size : 0;
}

void GuardedPool::PrintStacks(const void* address) {
  if (!Contains(address)) return;
  const Place& place = NearestTo(address);
  if (place.state == State::kNever) return;
  place.allocated.Print("allocated");
  if (place.state == State::kFreed) place.freed.Print("freed");
}

void GuardedPool::CloseDown() { __atomic_store_n(&closed_down, true, __ATOMIC_RELAXED); }

void GuardedPool::ResetLock() { lock.Reset(); }

}  // namespace glassheap::hardened
