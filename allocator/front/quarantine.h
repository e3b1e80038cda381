// Freed small objects of one thread that must not be handed out yet. Each that comes takes the place of a random one,
// which goes on: so nobody can tell when an object will be reused, and objects leave in no order.
//
// How many wait depends on their size: at most 128, 256 and 512 KiB of objects up to 512 B, 4 KiB and 32 KiB. To the rooms,
// and so to every report, they are live.
//
// It hangs on its thread's cache, and goes with it: when the thread ends, or is found dead, or a fork left it behind.
//
// Thread safety: its own thread only.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_QUARANTINE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_QUARANTINE_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"

namespace glassheap::hardened {

class Quarantine {
 public:
  // nullptr: no memory.
  static Quarantine* Make();
  // Empties it and gives it back. Any thread may, when its own is gone.
  static void Delete(Quarantine* quarantine);

  // Calls visit(object) for each object.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (void** places : {small_, medium_, large_}) {
      const size_t n = places == small_ ? kSmall : places == medium_ ? kMedium : kLarge;
      for (size_t i = 0; i < n; ++i) {
        if (places[i] != nullptr) visit(places[i]);
      }
    }
  }

  // The object that leaves for this one; nullptr: none. capacity: of its slot.
  GH_ALWAYS_INLINE void* Exchange(void* object, size_t capacity, uint64_t random) {
    void** place = capacity <= 512    ? small_ + random % kSmall
                   : capacity <= 4096 ? medium_ + random % kMedium
                                      : large_ + random % kLarge;
    // One instruction, so that a signal handler that frees finds each object in one place.
    void* leaves = *place;
#if defined(__x86_64__)
    asm volatile("0: cmpxchg %2, %1\n\tjne 0b" : "+a"(leaves), "+m"(*place) : "r"(object) : "cc", "memory");
#else
    leaves = __atomic_exchange_n(place, object, __ATOMIC_RELAXED);
#endif
    return leaves;
  }

 private:
  static constexpr size_t kSmall = 256, kMedium = 64, kLarge = 16;

  void* small_[kSmall];
  void* medium_[kMedium];
  void* large_[kLarge];
};
static_assert(sizeof(Quarantine) <= 4096);

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_QUARANTINE_H_
