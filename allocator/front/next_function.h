// What a function of ours that stands before one of libc's goes on to.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_NEXT_FUNCTION_H_
#define GLASSHEAP_ALLOCATOR_FRONT_NEXT_FUNCTION_H_

#include <dlfcn.h>
#include <errno.h>

#include "allocator/base/system_call.h"

namespace glassheap {

// libc's, or another preloaded library's. Looked up once, before threads and signals: dlsym may allocate. Without one, as in
// a static program, the system call itself.
template <typename Function>
struct Next {
  Function* function = nullptr;

  void Find(const char* name) { function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name)); }
  explicit operator bool() const { return function != nullptr; }
};

// A system call's result as libc's wrapper returns it: -1 and errno.
inline int FromKernel(long result) {
  if (!SystemCallFailed(result)) return static_cast<int>(result);
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_FRONT_NEXT_FUNCTION_H_
