// What a program can do wrong, and the one line that says so. The lines are an interface: front/README.md lists them,
// tests/misuse holds a program for each.

#ifndef GLASSHEAP_ALLOCATOR_HEAP_MISUSE_H_
#define GLASSHEAP_ALLOCATOR_HEAP_MISUSE_H_

#include <cstddef>
#include <cstdint>

namespace glassheap {

class PageMap;

enum class Misuse : uint8_t {
  kDoubleFree,
  kInvalidFree,     // not a pointer malloc returned: foreign, stack, static, of a span that was freed
  kInteriorFree,    // inside an object
  kWriteAfterFree,  // a free object's first word changed
  kWrongSize,       // sized delete or free_sized with another size
  kInvalidRealloc,
  kInteriorRealloc,
  kReallocAfterFree,
  kInvalidUsableSize,
  kInteriorUsableSize,
  kUsableSizeAfterFree,
  // The hardened library's.
  kOverflow,         // the bytes behind an object have changed
  kUnderflow,        // the word before an object has changed
  kWrongFamily,      // malloc, new and new[] have each a function that takes back
  kAccessAfterFree,  // a fault on a page of a freed object, or a block function's range in a freed one
  kAccessOutside,    // a fault on a page beside an object, or a range where there is none
  kReadOverflow,     // a block function's source is longer than the object
};

// Prints one line naming the misuse, the pointer, its size class and span, and this thread; then aborts.
// `claimed_size` is printed for kWrongSize.
[[noreturn]] void ReportMisuse(Misuse misuse, const void* pointer, const PageMap& pages, size_t claimed_size = 0);

// Whoever knows more about a pointer writes further lines behind the one.
using DetailPrinter = void (*)(const void* pointer);
void SetReportDetails(DetailPrinter printer);

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_HEAP_MISUSE_H_
