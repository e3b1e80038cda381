// How the allocator dies: one line on stderr by write(2), then SIGABRT, as abort() does it: first to the program's
// handler, if it has one (crash reporters live there), then with the default action.
//
// Allocates nothing and takes no lock. The handler may allocate, even if we hold a lock: see lock.h, invariant (3).

#ifndef GLASSHEAP_ALLOCATOR_BASE_CHECK_H_
#define GLASSHEAP_ALLOCATOR_BASE_CHECK_H_

#include "allocator/base/macros.h"
#include "allocator/base/message.h"

namespace glassheap {

// Writes `message` and a newline to stderr and ends the process. Safe anywhere. Before the end: more(subject), if given.
[[noreturn]] GH_NOINLINE void Die(const Message& message, void (*more)(const void*) = nullptr,
                                  const void* subject = nullptr);

[[noreturn]] GH_NOINLINE void CheckFailed(const char* condition, const char* file, int line);

}  // namespace glassheap

// An invariant of the heap, checked in every build; for slow paths.
#define GH_CHECK(condition)                                    \
  (__builtin_expect(static_cast<bool>(condition), 1) ? (void)0 \
                                                     : ::glassheap::CheckFailed(#condition, __FILE__, __LINE__))

// An invariant checked in debug builds only.
#ifdef NDEBUG
#define GH_DCHECK(condition) ((void)sizeof(condition))
#else
#define GH_DCHECK(condition) GH_CHECK(condition)
#endif

#endif  // GLASSHEAP_ALLOCATOR_BASE_CHECK_H_
