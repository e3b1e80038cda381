// The functions that the kernel maps into every process, without libc's names for them: those a program may replace.

#ifndef GLASSHEAP_ALLOCATOR_BASE_VDSO_H_
#define GLASSHEAP_ALLOCATOR_BASE_VDSO_H_

namespace glassheap {

// nullptr: the kernel offers no such function, or none at all (valgrind takes them away).
void* FindInVdso(const char* name);

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_VDSO_H_
