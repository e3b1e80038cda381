// A library with operators of its own, linked with -Bsymbolic: what it calls is its own, whatever is preloaded. LLVM's is
// so where libstdc++ is linked in.

#include <stdlib.h>

#include <new>

void* operator new(size_t size) {
  void* object = malloc(size);
  return object != nullptr ? object : throw std::bad_alloc();
}
void operator delete(void* object) noexcept { free(object); }
void operator delete(void* object, size_t) noexcept { free(object); }

extern "C" int* SymbolicNew() { return new int(7); }
extern "C" void SymbolicDelete(int* number) { delete number; }
