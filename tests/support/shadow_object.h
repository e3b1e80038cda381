// An object of the heap under test and what the test knows of it: its size, its alignment, how it must be given back,
// and what was written into it. The contents follow from a key, so the shadow needs no copy of them.
//
// Allocates nothing but the objects themselves. What does not hold ends the process with a line that has the seed.

#ifndef GLASSHEAP_TESTS_SUPPORT_SHADOW_OBJECT_H_
#define GLASSHEAP_TESTS_SUPPORT_SHADOW_OBJECT_H_

#include <cstddef>
#include <cstdint>

#include "tests/support/random.h"

namespace glassheap::testing {

struct ShadowObject {
  enum class Way : uint8_t { kMalloc, kNew, kNewArray, kNewAligned, kNewArrayAligned };

  void* address = nullptr;
  size_t size = 0;    // as asked for
  size_t usable = 0;  // as malloc_usable_size says
  size_t alignment = 0;
  uint64_t key = 0;
  Way way = Way::kMalloc;

  // A new object by a random function, checked and filled.
  static ShadowObject Allocate(Random& random, size_t size);

  // Checks contents and usable size, then gives it back by a random function that fits.
  void Free(Random& random);

  // realloc to `new_size`; checks what must have been kept. REQUIRES: way == kMalloc.
  void Realloc(Random& random, size_t new_size);

  // Dies if the contents are not what was written.
  void Check() const;

 private:
  void Adopt(Random& random);
  void Fill() const;
  void CheckPrefix(size_t bytes) const;
};

[[noreturn]] void ShadowFailed(const char* what, const ShadowObject& object);

// For a figure of the whole heap, for example of size class `number`, that the test knows better.
[[noreturn]] void AuditFailed(const char* what, int64_t number, int64_t heap_says, int64_t shadow_says);

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_SHADOW_OBJECT_H_
