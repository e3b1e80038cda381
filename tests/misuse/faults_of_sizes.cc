// Wrong sizes, wrong families, absurd sizes, and what has no size.
#include <new>

#include "tests/misuse/fault.h"

namespace glassheap::misuse {
namespace {

FAULT(sized_delete_larger, kMatrix, kAllSizes) { operator delete(Unknown(operator new(size)), size * 2 + 100); }
FAULT(sized_delete_smaller, kTable, kAllSizes) { operator delete(Unknown(operator new(size)), size / 3); }
FAULT(sized_delete_array_larger, kTable, kSmallest) {
  operator delete[](Unknown(operator new[](size)), size * 2 + 100);
}
FAULT(sized_delete_absurd, kTable, kAllSizes) { operator delete(Unknown(operator new(size)), SIZE_MAX); }
FAULT(sized_delete_by_one_more, kTable, kSmallest) { operator delete(Unknown(operator new(size)), size + 1); }

FAULT(malloc_then_delete, kTable, kAllSizes) { operator delete(New(size)); }
FAULT(malloc_then_delete_array, kTable, kSmallest) { operator delete[](New(size)); }
FAULT(new_then_free, kTable, kSmallest) { free(Unknown(operator new(size))); }
FAULT(new_array_then_free, kTable, kSmallest) { free(Unknown(operator new[](size))); }
FAULT(aligned_new_then_delete, kTable, kAllSizes) {
  operator delete(Unknown(operator new (size, std::align_val_t{64})));
}
FAULT(new_then_aligned_delete, kTable, kAllSizes) {
  operator delete (Unknown(operator new(size)), std::align_val_t{64});
}
FAULT(aligned_new_then_free, kTable, kSmallest) { free(Unknown(operator new (size, std::align_val_t{64}))); }
FAULT(new_then_delete_array, kTable, kSmallest) { operator delete[](Unknown(operator new(size))); }
FAULT(new_array_then_delete, kTable, kAllSizes) { operator delete(Unknown(operator new[](size))); }

FAULT(malloc_of_too_much, kTable, kSmallest) {
  if (malloc(static_cast<size_t>(PTRDIFF_MAX) + 1) == nullptr) exit(kHeld);
}
FAULT(calloc_overflows, kTable, kSmallest) {
  if (calloc(SIZE_MAX / 2, 3) == nullptr) exit(kHeld);
}
FAULT(reallocarray_overflows, kTable, kSmallest) {
  if (reallocarray(New(size), SIZE_MAX / 2, 3) == nullptr) exit(kHeld);
}
FAULT(memalign_overflows, kTable, kSmallest) {
  if (memalign(4096, SIZE_MAX - 100) == nullptr) exit(kHeld);
}

// ---- objects of size zero ----

// Others beside it, so that what lies there is somebody's.
char* Nothing() {
  Use(malloc(0));
  char* object = Unknown(malloc(0));
  Use(malloc(0));
  return object;
}
FAULT(read_of_size_zero, kTable, kSmallest) { putchar(*Nothing()); }
FAULT(write_of_size_zero, kTable, kSmallest) { *Nothing() = 'A'; }
FAULT(write_of_new_array_of_zero, kTable, kSmallest) { *Unknown(new char[0]) = 'A'; }
FAULT(write_of_freed_size_zero, kTable, kSmallest) {
  char* object = Nothing();
  free(object);
  *Unknown(object) = 'A';
}
FAULT(double_free_of_size_zero, kTable, kSmallest) {
  char* object = Nothing();
  free(object);
  free(Unknown(object));
}
FAULT(double_free_of_size_zero_after_reuse, kReuse, kSmallest) {
  char* object = Nothing();
  free(object);
  Use(malloc(0));
  free(Unknown(object));
}
FAULT(free_of_interior_of_size_zero, kTable, kSmallest) { free(Nothing() + 8); }
FAULT(malloc_of_zero_then_delete, kTable, kSmallest) { operator delete(Nothing()); }

}  // namespace
}  // namespace glassheap::misuse
