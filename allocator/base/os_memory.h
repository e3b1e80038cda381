// The only door to the kernel's memory: every mmap, munmap, mprotect and madvise for the heap is here.
//
// Thread safe, touches no errno, takes no lock. Tests link another implementation (tests/support/fake_os_memory.cc) or
// set a fault hook. Addresses and sizes are multiples of the system's page.

#ifndef GLASSHEAP_ALLOCATOR_BASE_OS_MEMORY_H_
#define GLASSHEAP_ALLOCATOR_BASE_OS_MEMORY_H_

#include <cstddef>
#include <cstdint>

namespace glassheap::os {

enum class Outcome : uint8_t {
  kDone,
  kTaken,     // MapAt: something else is mapped there
  kNoMemory,  // the kernel said no
};

// Zeroed, readable and writable memory anywhere; nullptr when there is none.
void* MapAnywhere(size_t size);

// Address space anywhere that has no access and no memory, and costs neither; nullptr when there is none.
void* MapWithoutAccess(size_t size);

// `size` bytes more at the program's break, zeroed; nullptr when it cannot be moved. Not safe against a program that
// calls sbrk in another thread at the same time, as malloc from the break never is.
void* GrowBreak(size_t size);

// The same as MapAnywhere at exactly `address`. Never replaces a mapping.
Outcome MapAt(void* address, size_t size);

// Gives the memory behind the range back; the range stays mapped. True only if it reads as zero from now on.
bool Discard(void* address, size_t size);

// Takes all access to the range away, and gives it back. False: nothing has changed. What the range held may be lost, and is
// zero then, after either.
// From Linux 6.13 on by guard markers in the page table: half the time of mprotect, no mapping more, and what RLIMIT_DATA
// counts stays as it is.
bool Protect(void* address, size_t size);
bool Unprotect(void* address, size_t size);

// Moves what is behind a range to another one, without a copy: `from` reads as zero from now on, and `to` is a mapping of
// its own, of which the kernel allows 65,530. Both stay mapped. REQUIRES: nobody uses either meanwhile.
// False: nothing has changed, but that what was behind `to` may be lost, and is zero then. The kernel is older than 5.7,
// or `from` lies in more than one mapping.
bool MovePages(void* from, void* to, size_t size);
// Puts fresh memory, zeroed, in the place of a range that MovePages has made a mapping of its own: it joins the mappings
// around it. False: nothing has changed.
bool Renew(void* address, size_t size);

// REQUIRES: the range came from MapAnywhere.
void Unmap(void* address, size_t size);

// Nanoseconds of a monotonic clock that is cheap and coarse (1 to 4 ms).
uint64_t CoarseClock();

// Sixteen bytes of randomness the kernel gave this process at its start, as two words.
struct Seed {
  uint64_t words[2];
};
Seed ProcessSeed();

// For tests: called before each request; returning true makes it fail. nullptr: none.
enum class Call : uint8_t { kMapAnywhere, kMapAt, kDiscard, kProtect, kUnprotect, kMovePages, kRenew };
using FaultHook = bool (*)(Call call, size_t size);
void SetFaultHook(FaultHook hook);

}  // namespace glassheap::os

#endif  // GLASSHEAP_ALLOCATOR_BASE_OS_MEMORY_H_
