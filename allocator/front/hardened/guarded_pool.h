// A sample of the small objects, each on a page of its own between pages without access: what goes wrong with one of them
// faults at once, and the report has the stacks of its allocation and its free. (The idea is GWP-ASan's.)
//
// Objects lie at the end of their page, or, every other one, at its start. A freed one's page stays closed until all other
// places have been used.
//
// Thread safety: takes its own lock.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_GUARDED_POOL_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_GUARDED_POOL_H_

#include <cstddef>
#include <cstdint>

#include "allocator/front/hardened/hardened.h"
#include "allocator/heap/misuse.h"

namespace glassheap::hardened {

class GuardedPool {
 public:
  static constexpr size_t kMaxSize = 4096;

  // nullptr: every place is taken, or there is no memory. REQUIRES: 0 < size <= kMaxSize.
  static void* Take(size_t size, Origin origin, bool at_end);

  static bool Contains(const void* pointer);

  // REQUIRES for all of these: Contains(object). Die when it is not what it should be; `size` or kAnySize as promised.
  static constexpr size_t kAnySize = ~size_t{0};
  static void Give(void* object, Origin origin, size_t size);
  static size_t SizeOrDie(const void* object, Misuse interior, Misuse freed);
  static size_t SizeOrZero(const void* object);
  static Origin OriginOf(const void* object);

  // For reports, which may come in the middle of anything: takes no lock.
  // The size of the live object on or beside whose page the address is; 0: it is freed, or never was.
  static size_t SizeAt(const void* address);
  // Writes the stacks of that object, if the address is in the pool.
  static void PrintStacks(const void* address);

  // From now on no object is taken, and none's page is closed: for a process that may be killed for mprotect.
  static void CloseDown();

  // In the child of a fork.
  static void ResetLock();
};

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_GUARDED_POOL_H_
