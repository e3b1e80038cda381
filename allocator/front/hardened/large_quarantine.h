// Freed large objects of one thread that must not be handed out yet: for each that comes, others go on, chosen at random, once
// there are more than kPlaces or more bytes than there may be. So the next malloc of that size has another address, and a free
// of one that waits is a double free.
//
// Those that are closed cost address space only, 32 MiB at most. Those that keep their memory (clearing.h) may be 1 MiB, so that
// three buffers of 300 kB wait and the thread goes round in four: with 8 MiB it would lose its second cache. Larger ones do not
// wait. To the rooms, and so to every report, what waits is live.
//
// Thread safety: its own thread only, and signal handlers in it, which find it busy (Lock::AnyHeldByThisThread) while it changes.
//
// Invariants:
//   (1) Every span here is kLarge with cached = true, and nowhere else: it is put here last and leaves first. One that a fork
//       catches on its way is lost, and safe.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_LARGE_QUARANTINE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_LARGE_QUARANTINE_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/lock.h"
#include "allocator/base/types.h"
#include "allocator/heap/span.h"

namespace glassheap::hardened {

// REQUIRES: zeroed memory.
class LargeQuarantine {
 public:
  static constexpr size_t kPlaces = 8;
  static constexpr size_t kMaxClosedBytes = 32 * kMiB;
  static constexpr size_t kMaxOpenBytes = kMiB;

  // False: too large to wait. Otherwise *leaves is the one whose place it took, or nullptr. random: 64 bits.
  bool Put(Span* span, uint64_t random, Span** leaves) {
    if (span->length().bytes() > (span->closed ? kMaxClosedBytes : kMaxOpenBytes)) return false;
    const BusySection busy;
    const size_t place = (random >> 32) % kPlaces;
    *leaves = places_[place] != nullptr ? Leave(places_[place]) : nullptr;
    places_[place] = span;
    bytes_[span->closed] += span->length().bytes();
    return true;
  }

  // One of those that are too many, but not `stays`; nullptr: there is none.
  Span* TakeSurplus(const Span* stays, uint64_t random) {
    const bool closed = stays->closed;
    if (bytes_[closed] <= (closed ? kMaxClosedBytes : kMaxOpenBytes)) return nullptr;
    const BusySection busy;
    for (size_t i = 0; i < kPlaces; ++i) {
      Span*& place = places_[(random + i) % kPlaces];
      if (place != nullptr && place != stays && place->closed == closed) return Leave(place);
    }
    return nullptr;
  }

  // Any of them; nullptr: there is none.
  Span* TakeAny() {
    const BusySection busy;
    for (Span*& place : places_) {
      if (place != nullptr) return Leave(place);
    }
    return nullptr;
  }

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Span* span : places_) {
      if (span != nullptr) visit(span);
    }
  }

 private:
  Span* Leave(Span*& place) {
    Span* span = place;
    bytes_[span->closed] -= span->length().bytes();
    __atomic_store_n(&place, nullptr, __ATOMIC_RELEASE);
    return span;
  }

  Span* places_[kPlaces];
  size_t bytes_[2];  // of open ones, and of closed ones
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_LARGE_QUARANTINE_H_
