// A read that another thread's plain store may meet, and that is meant to: of counts for reports, hints, limits that only
// grow. Whatever value the word had is good enough.
//
// Both stay plain because they are those of malloc and free: the compiler folds an atomic one into no other instruction, which
// is one more of 20. ThreadSanitizer is not told of the read, and watches all the rest.

#ifndef GLASSHEAP_ALLOCATOR_BASE_RACY_H_
#define GLASSHEAP_ALLOCATOR_BASE_RACY_H_

#include "allocator/base/macros.h"

#if defined(__SANITIZE_THREAD__)
#define GH_RACY __attribute__((noinline, no_sanitize("thread")))
#else
#define GH_RACY GH_ALWAYS_INLINE
#endif

namespace glassheap {

template <typename Word>
GH_RACY Word LoadRacy(const Word* word) {
  return *word;
}

// The same, once and before whatever this thread reads next.
template <typename Word>
GH_RACY Word LoadRacyFirst(const Word* word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_RACY_H_
