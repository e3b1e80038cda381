// First call, thread exit, fork.
//
// The heap comes into being at the first allocation, whoever makes it: ld.so, a constructor, another preload. The stats
// region is made by the library's constructor, when the environment can be read and before a sandbox closes.
//
// Fork: the prepare handler takes glibc's stdio list lock before ours, as glibc's own malloc does; otherwise a thread in
// fflush(NULL) that calls malloc deadlocks with fork (glibc bug 19431). The child resets the locks, that list's too: glibc
// does so only if the parent had threads. It makes its own region at its first slow path; a child of raw clone() is
// recognised there too, by a page the kernel wipes. That slow path may be of another thread than the one that forked,
// which keeps its cache all the same.

#ifndef GLASSHEAP_ALLOCATOR_FRONT_LIFECYCLE_H_
#define GLASSHEAP_ALLOCATOR_FRONT_LIFECYCLE_H_

#include "allocator/base/macros.h"
#include "allocator/front/thread_state.h"
#include "allocator/heap/heap.h"

namespace glassheap::lifecycle {

// Makes the heap if it is not there. False: it cannot be had.
GH_NOINLINE bool FirstCall();

GH_NOINLINE void AfterFork();

// At the start of every slow path. False: there is no heap.
inline bool Ready() {
  if (__builtin_expect(!heap.ready(), 0) && !FirstCall()) return false;
  if (__builtin_expect(heap.stats.NeedsAttach(), 0)) AfterFork();
  return true;
}

// System calls may soon be forbidden (sandbox.cc), or, `strict`, will be: makes those that would come later. Keeps errno.
void BeforeSandbox(bool strict);

// Gives the calling thread a cache, unless it is on its way out. False: go uncached.
GH_NOINLINE bool MakeCache();

}  // namespace glassheap::lifecycle

#endif  // GLASSHEAP_ALLOCATOR_FRONT_LIFECYCLE_H_
