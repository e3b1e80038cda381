// The hardened library's handler of SIGSEGV: says what a guard page has caught. Installed only where the program has none;
// whatever is not ours goes on to what was there before.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_HARDENED_FAULT_H_
#define GLASSHEAP_ALLOCATOR_FRONT_HARDENED_FAULT_H_

namespace glassheap::hardened {

void InstallFaultHandler();

}  // namespace glassheap::hardened

#endif  // GLASSHEAP_ALLOCATOR_FRONT_HARDENED_FAULT_H_
