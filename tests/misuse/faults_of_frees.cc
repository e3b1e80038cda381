// Frees that come twice, and pointers that are no objects.
#include <pthread.h>
#include <sys/mman.h>

#include "tests/misuse/fault.h"

namespace glassheap::misuse {
namespace {

void OnAnotherThread(void* (*body)(void*), void* argument) {
  pthread_t thread;
  pthread_create(&thread, nullptr, body, argument);
  pthread_join(thread, nullptr);
}
void* FreeIt(void* object) {
  free(object);
  return nullptr;
}

char* Foreign() {
  return static_cast<char*>(mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}
alignas(64) char global_object[4096];

// ---- frees that come twice ----

FAULT(double_free_at_once, kMatrix, kAllSizes) { free(Freed(size)); }

FAULT(double_free_after_other_frees, kMatrix, kAllSizes) {
  char* others[10];
  for (char*& other : others) other = New(size);
  char* object = Freed(size);
  for (char* other : others) free(other);
  free(object);
}

FAULT(double_free_after_2000_operations, kMatrix, kAllSizes) {
  char* object = Freed(size);
  for (int i = 0; i < 1000; ++i) free(New(static_cast<size_t>(i) % 500 + 600));
  free(Unknown(object));
}

FAULT(double_free_by_another_thread, kMatrix, kAllSizes) { OnAnotherThread(&FreeIt, Freed(size)); }

FAULT(double_free_after_another_thread, kMatrix, kAllSizes) {
  char* object = New(size);
  OnAnotherThread(&FreeIt, object);
  free(Unknown(object));
}

FAULT(double_free_of_a_dead_threads_block, kMatrix, kAllSizes) {
  static char* object;
  static size_t bytes;
  bytes = size;
  OnAnotherThread(
      [](void*) -> void* {
        object = Freed(bytes);
        return nullptr;
      },
      nullptr);
  free(Unknown(object));
}

FAULT(double_free_after_trim, kTable, kAllSizes) {
  char* kept = New(size);
  char* object = Freed(size);
  malloc_trim(0);
  free(object);
  Use(kept);
}

FAULT(double_free_after_reuse, kReuse, kAllSizes) {
  char* object = Freed(size);
  char* again = New(size);
  free(object);
  Use(again);
}

// ---- pointers that are no objects ----

char* Interior(size_t size) { return New(size) + size / 2; }
char* Stack() {
  static char* place;
  alignas(64) char object[64];
  place = Unknown(object);
  return place;
}
char* Tiny() { return Unknown(reinterpret_cast<void*>(0x10)); }

FAULT(free_of_interior, kMatrix, kAllSizes) { free(Interior(size)); }
FAULT(free_plus_1, kTable, kAllSizes) { free(New(size) + 1); }
FAULT(free_plus_8, kTable, kAllSizes) { free(New(size) + 8); }
FAULT(free_plus_16, kTable, kAllSizes) { free(New(size) + 16); }
FAULT(free_minus_16, kTable, kAllSizes) { free(New(size) - 16); }
FAULT(free_of_stack, kMatrix, kAllSizes) { free(Stack()); }
FAULT(free_of_global, kMatrix, kAllSizes) { free(Unknown(global_object)); }
FAULT(free_of_foreign, kMatrix, kAllSizes) { free(Foreign() + 4096); }
FAULT(free_of_tiny, kMatrix, kAllSizes) { free(Tiny()); }
FAULT(free_of_kernel_address, kTable, kSmallest) { free(Unknown(reinterpret_cast<void*>(0xffff800000001000))); }
FAULT(free_of_non_canonical, kTable, kSmallest) { free(Unknown(reinterpret_cast<void*>(0x1234567812345670))); }
FAULT(free_of_never_handed_out, kTable, kSmallest) { free(New(size) + 16 * 4096); }

// In the same span as a live object, beyond what was ever taken from it.
FAULT(free_of_never_carved, kReuse, kSmallest) { free(New(size) + 100 * size); }

// The same in a page of the span that no object was taken from.
FAULT(free_of_never_carved_page, kTable, kSmallest) { free(New(size) + 4 * 4096); }

// The object that would come next; it is handed out, written to, and must not be handed out again.
FAULT(free_past_the_end, kTable, kAllSizes) {
  char* object = New(size);
  free(Unknown(object + malloc_usable_size(object)));
  Use(New(size));
}

FAULT(realloc_of_freed, kMatrix, kAllSizes) { Use(realloc(Freed(size), size * 2)); }
FAULT(realloc_of_interior, kMatrix, kAllSizes) { Use(realloc(Interior(size), size * 2)); }
FAULT(realloc_of_stack, kMatrix, kAllSizes) { Use(realloc(Stack(), size)); }
FAULT(realloc_of_global, kMatrix, kAllSizes) { Use(realloc(Unknown(global_object), size)); }
FAULT(realloc_of_foreign, kMatrix, kAllSizes) { Use(realloc(Foreign() + 4096, size)); }
FAULT(realloc_of_tiny, kMatrix, kAllSizes) { Use(realloc(Tiny(), size)); }

FAULT(usable_size_of_freed, kMatrix, kAllSizes) { printf("%zu\n", malloc_usable_size(Freed(size))); }
FAULT(usable_size_of_interior, kTable, kAllSizes) { printf("%zu\n", malloc_usable_size(New(size) + 8)); }
FAULT(usable_size_of_foreign, kTable, kSmallest) { printf("%zu\n", malloc_usable_size(Foreign() + 4096)); }

}  // namespace
}  // namespace glassheap::misuse
