#include "allocator/front/hardened/libc_blocks.h"

#include <dlfcn.h>

#include <cstdint>

namespace glassheap::libc_blocks {

constinit MoveFunction* next_move = nullptr;
constinit SetFunction* next_set = nullptr;

namespace {

// Before threads and signals: dlsym may allocate.
__attribute__((constructor(101))) void FindAll() {
  next_move = reinterpret_cast<MoveFunction*>(dlsym(RTLD_NEXT, "memmove"));
  next_set = reinterpret_cast<SetFunction*>(dlsym(RTLD_NEXT, "memset"));
}

// Keeps the compiler from seeing what a loop does: it would make a call of memmove or memset of it.
GH_ALWAYS_INLINE void HideLoop() { asm volatile("" : : : "memory"); }

}  // namespace

void* OwnMove(void* to, const void* from, size_t n) {
  char* const target = static_cast<char*>(to);
  const char* const source = static_cast<const char*>(from);
  if (reinterpret_cast<uintptr_t>(target) - reinterpret_cast<uintptr_t>(source) >= n) {
    for (size_t i = 0; i < n; ++i, HideLoop()) target[i] = source[i];
  } else {
    for (size_t i = n; i-- > 0; HideLoop()) target[i] = source[i];
  }
  return to;
}

void* OwnSet(void* at, int byte, size_t n) {
  char* const target = static_cast<char*>(at);
  for (size_t i = 0; i < n; ++i, HideLoop()) target[i] = static_cast<char>(byte);
  return at;
}

}  // namespace glassheap::libc_blocks
