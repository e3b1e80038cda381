// What a test may tell the kernel's stand-in (fake_os_memory.cc), which is linked instead of
// //allocator/base:os_memory_linux.
//
// The memory is real, because the page map lives at fixed addresses; everything that decides is not: the clock stands
// still until a test moves it, places are taken when a test says so, and any call may be refused. Discard() writes zeros
// instead of asking the kernel, and each call is counted. Not thread safe.

#ifndef GLASSHEAP_TESTS_SUPPORT_FAKE_OS_MEMORY_H_
#define GLASSHEAP_TESTS_SUPPORT_FAKE_OS_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <set>

#include "allocator/base/os_memory.h"

namespace glassheap::testing::fake_os {

// Unmaps everything, forgets all refusals, sets the clock to 1 s and chooses the next seed: a new kernel for a new test.
void Reset();

void AdvanceClock(uint64_t nanoseconds);

// From now on the n-th call (0: the next one) that asks for memory or gives some back is refused, once or for ever.
void RefuseCall(uint64_t n);
void RefuseCallsFrom(uint64_t n);
// Refuses one kind of call only, for ever.
void RefuseAll(os::Call call);
void RefuseNothing();

// MapAt() finds this range taken.
void Occupy(uintptr_t address, size_t size);

// Calls since Reset(), and the bytes that are mapped now.
uint64_t calls();
uint64_t refused();
// Where in the program calls that may be refused came from, and those that were.
std::set<const void*> call_sites();
std::set<const void*> refused_call_sites();
size_t mapped_bytes();
// Bytes that were discarded since Reset().
size_t discarded_bytes();

}  // namespace glassheap::testing::fake_os

#endif  // GLASSHEAP_TESTS_SUPPORT_FAKE_OS_MEMORY_H_
