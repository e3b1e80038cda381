// Freed small objects of one thread that must not be handed out yet. Each that comes takes the place of a random one of
// its class, which goes on: so nobody can tell when an object will be reused, and objects leave in no order.
//
// 16 of a class up to 1 KiB wait, 4 of a larger one: at most 200 KiB and 1.3 MiB, if the thread frees objects of every
// class. 256 places for all classes together cost a pair of 512 B three times the time (they are not in the first cache),
// and every list one object for each that another class's list was given. To the rooms, and so to every report, what
// waits is live.
//
// Large objects have a part of their own (large_quarantine.h).
//
// It hangs on its thread's cache, and goes with it: when the thread ends, or is found dead, or a fork left it behind.
//
// Thread safety: its own thread only, and signal handlers in it.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_QUARANTINE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_QUARANTINE_H_

#include <cstddef>
#include <cstdint>

#include "allocator/base/macros.h"
#include "allocator/front/hardened/hardened.h"
#include "allocator/front/hardened/large_quarantine.h"
#include "allocator/heap/size_classes.h"
#include "allocator/heap/thread_cache.h"

namespace glassheap::hardened {

class Quarantine {
 public:
  // nullptr: no memory.
  static Quarantine* Make();
  // Empties it and gives it back. Any thread may, when its own is gone.
  static void Delete(Quarantine* quarantine);

  // Frees all that waits. REQUIRES: its thread has its cache.
  void Drain();

  // The same for large objects.
  void DrainLarge();

  // Calls visit(object) for each small object.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (void* object : places_) {
      if (object != nullptr) visit(object);
    }
  }

  // Of one part of so many: an object that does not pass the test, and waits on; nullptr: none. A signal handler may have it
  // leave while it is being looked at, and then it says nothing.
  template <typename Test>
  const void* FindInPart(size_t part, size_t parts, Test passes) const {
    for (size_t i = part % parts; i < kClasses * kPlaces; i += parts) {
      const void* const object = __atomic_load_n(&places_[i], __ATOMIC_RELAXED);
      if (object == nullptr || passes(object)) continue;
      if (__atomic_load_n(&places_[i], __ATOMIC_RELAXED) == object) return object;
    }
    return nullptr;
  }

  // The object that leaves for this one, which is of the same class; nullptr: none. list_offset: of the class
  // (ThreadCache::ListOffset); random: 64 bits.
  GH_ALWAYS_INLINE void* Exchange(void* object, uint32_t list_offset, size_t capacity, uint64_t random) {
    static_assert(kPlaces * sizeof(void*) == 4 * ThreadCache::ListOffset(1));  // no shift
    char* const places = reinterpret_cast<char*>(places_) + 4 * size_t{list_offset};
    return Swap(reinterpret_cast<void**>(places) + (random >> (capacity <= kMaxGridSize ? 60 : 62)), object);
  }

  // One of the class that waits, for who cannot get one elsewhere; nullptr: none.
  void* TakeAny(SizeClass c) {
    for (size_t i = 0; i < kPlaces; ++i) {
      if (void* object = Swap(&places_[c * kPlaces + i], nullptr)) return object;
    }
    return nullptr;
  }

  // False: no place of the class is empty.
  bool PutAnywhere(void* object, SizeClass c) {
    for (size_t i = 0; i < kPlaces; ++i) {
      void* nothing = nullptr;
      if (__atomic_compare_exchange_n(&places_[c * kPlaces + i], &nothing, object, false, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED)) {
        return true;
      }
    }
    return false;
  }

  LargeQuarantine& large() { return large_; }

 private:
  // One instruction, so that a signal handler that frees finds each object in one place.
  static GH_ALWAYS_INLINE void* Swap(void** place, void* object) {
    void* leaves = *place;
#if defined(__x86_64__)
    asm volatile("0: cmpxchg %2, %1\n\tjne 0b" : "+a"(leaves), "+m"(*place) : "r"(object) : "cc", "memory");
#else
    leaves = __atomic_exchange_n(place, object, __ATOMIC_RELAXED);
#endif
    return leaves;
  }

  static constexpr size_t kPlaces = 16;
  static constexpr SizeClass kClasses = ClassOfConstant(kMaxHardenedSmall) + 1;

  void* places_[kClasses * kPlaces];
  LargeQuarantine large_;
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_QUARANTINE_H_
