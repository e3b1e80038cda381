// Where a call came from, for reports: return addresses, innermost first.
//
// By libgcc's unwinder when the program has it loaded (every C++ program), which reads any code; else by frame pointers,
// which most of Debian's own libraries have not. Allocates nothing.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_STACK_TRACE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_STACK_TRACE_H_

#include <cstddef>
#include <cstdint>

namespace glassheap {

inline constexpr size_t kMaxFrames = 16;

struct StackTrace {
  uintptr_t frames[kMaxFrames];
  uint32_t count;
  uint32_t thread;

  void Capture();
  // A line per frame: "    #0 0x... in FILE+0x...", as addr2line takes it.
  void Print(const char* title) const;
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_STACK_TRACE_H_
