// The kernel's clocks, by the vDSO: not by libc's clock_gettime, in whose place a program may have another, that allocates
// when it is first called (libfaketime), waits for who does, goes another way or stands still.
//
// Thread safe, touches no errno, takes no lock.

#ifndef GLASSHEAP_ALLOCATOR_BASE_KERNEL_CLOCK_H_
#define GLASSHEAP_ALLOCATOR_BASE_KERNEL_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace glassheap {

// Nanoseconds.
uint64_t KernelClock(clockid_t clock);

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_KERNEL_CLOCK_H_
