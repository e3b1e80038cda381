// Programs that misuse memory, for the table of what each library stops: a FAULT does it once.
//
//   FAULT(free_of_interior, kMatrix, kAllSizes) { free(New(size) + size / 2); }
//
// README.md has them by kind, in the order of the files in BUILD. faults.cc runs one by its name.

#ifndef GLASSHEAP_TESTS_MISUSE_FAULT_H_
#define GLASSHEAP_TESTS_MISUSE_FAULT_H_

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

namespace glassheap::misuse {

// kMatrix: the classes that every allocator is measured by. kReuse: the allocator sees a valid free.
enum class Kind { kMatrix, kReuse, kTable };

enum Sizes { kSmallest = 1, kAllSizes = 3 };  // of kSizes
inline constexpr size_t kSizes[] = {24, 4096, 300'000};

struct Fault {
  Fault(const char* fault_name, Kind fault_kind, Sizes fault_sizes, void (*body)(size_t size));
  const char* name;
  Kind kind;
  Sizes sizes;
  void (*run)(size_t size);
  Fault* next = nullptr;
};

#define FAULT(name, kind, sizes)                                                                                     \
  static void Run_##name(size_t size);                                                                               \
  static ::glassheap::misuse::Fault fault_##name(#name, ::glassheap::misuse::Kind::kind, ::glassheap::misuse::sizes, \
                                                 Run_##name);                                                        \
  static void Run_##name([[maybe_unused]] size_t size)

// The exit status of a fault that had no effect: an absurd size refused, freed memory cleared.
inline constexpr int kHeld = 5;

// What the compiler must not follow.
inline char* Unknown(void* pointer) {
  asm volatile("" : "+r"(pointer));
  return static_cast<char*>(pointer);
}
inline void Use(void* pointer) { asm volatile("" : : "r"(pointer) : "memory"); }

inline char* New(size_t size) {
  char* object = Unknown(malloc(size));
  if (object != nullptr) memset(object, 'x', size);
  return object;
}
inline char* Freed(size_t size) {
  char* object = New(size);
  free(object);
  return Unknown(object);
}

}  // namespace glassheap::misuse

#endif  // GLASSHEAP_TESTS_MISUSE_FAULT_H_
