#include "allocator/front/lifecycle.h"

#include <pthread.h>
#include <stdio.h>

#include "allocator/base/lock.h"
#include "allocator/base/system_call.h"
#include "allocator/front/fast_path.h"
#include "allocator/front/hardened/hardened.h"
#include "allocator/front/policy.h"
#include "allocator/introspect/hooks.h"

// glibc's lock of the list of open files; exported since 2.2.5, recursive. Weak: other libcs do not have it.
extern "C" {
__attribute__((weak)) void _IO_list_lock();
__attribute__((weak)) void _IO_list_unlock();
__attribute__((weak)) void _IO_list_resetlock();
}

namespace glassheap {

// Without a countdown nothing keeps the first malloc from it.
constinit ThreadCache no_cache(!kIntrospection);
constinit thread_local ThreadState thread_state;

namespace {

constexpr FastTable MakeFastTable() {
  FastTable table = {};
  for (size_t size = 0; size <= kMaxFastSize; ++size) {
    table[size] = ThreadCache::ListOffset(size_class_internal::kFine[(size + 7) / 8]);
  }
  return table;
}

}  // namespace

constinit FastTable fast_table = MakeFastTable();
constinit size_t fast_sized_limit = 0;

namespace lifecycle {
namespace {

constinit Lock first_call_lock{LockRank::kLifecycle};
constinit Lock fork_lock{LockRank::kLifecycle};
constinit pthread_key_t exit_key = 0;
constinit bool have_exit_key = false;
constinit bool forked_cleanly = false;
constinit ThreadCache* forked_cache = nullptr;  // of the thread that called fork, which the child goes on with
constinit long heap_pid = 0;                    // whose heap this is

// The hardened library has guards around all that is large.
constexpr uint32_t kStandingApart = 64;
constexpr uint32_t kRegionFlags = kHardened ? uint32_t{abi::kFlagHardened} : 0;

void SetBypass(bool bypass) {
  // One entry at a time: other threads read the table meanwhile.
  for (size_t size = 0; size <= kMaxFastSize; ++size) {
    __atomic_store_n(&fast_table[size], bypass ? uint16_t{0} : ThreadCache::ListOffset(ClassOf(size)),
                     __ATOMIC_RELAXED);
  }
  LockHolder hold(heap.page_heap.lock());
  heap.pages.SetBypass(bypass);
}

// The destructor of a thread's key. Other keys' destructors may still allocate: from now on uncached, so that nothing is
// left behind (research: thread-cache resurrection).
void ThreadExit(void* cache) {
  ThreadState& state = thread_state;
  if (state.cache != cache || !Ready()) return;
  if constexpr (kHardened) hardened::ThreadExit();
  GiveStranded();
  const uint64_t allocated = state.allocated();
  state.exiting = true;
  state.cache = &no_cache;
  heap.DeleteThreadCache(static_cast<ThreadCache*>(cache), allocated);
}

// libc's fork takes the lock of the list of open files with its own, of the handlers, which it lets go while one runs: here
// it comes first, always. A fork in a handler that interrupted a critical section takes no lock of the heap: others have
// them who wait for the one it has. Nor does another fork keep the list from it meanwhile.
void BeforeFork() {
  const bool holder = Lock::InTheWay();
  if (holder) Lock::BeginForkOfHolder();
  for (;;) {
    if (_IO_list_lock != nullptr) _IO_list_lock();
    if (holder || heap.LockAllUnlessHolderForks()) return;
    if (_IO_list_unlock != nullptr) _IO_list_unlock();
    Lock::WaitForForksOfHolders();
  }
}

void AfterForkInParent() {
  if (Lock::InTheWay()) {
    Lock::EndForkOfHolder();
  } else {
    heap.UnlockAll();
  }
  if (_IO_list_unlock != nullptr) _IO_list_unlock();
}

// glibc resets the stdio lock itself only if its process had threads. Otherwise the child would keep the one of BeforeFork,
// and the first thread it makes would wait for ever in fopen. The rest waits for the child's first slow path: most children
// exec.
void AfterForkInChild() {
  if (_IO_list_resetlock != nullptr) _IO_list_resetlock();
  Lock::ResetForksOfHolders();
  first_call_lock.Reset();
  fork_lock.Reset();
  heap.stats.NoteFork();
  // In the middle of a critical section, and of those of others: the handler goes on with the reserve, and if it returns,
  // the child is one as of raw clone().
  if (Lock::InTheWay()) return heap.ResetLocksOfOthers();
  heap.ResetLocks();
  forked_cleanly = true;
  forked_cache = thread_state.cache;
}

// Runs before the constructors of everything that depends on the library, and with the environment in place.
__attribute__((constructor(101))) void AttachAtStart() {
  if (Ready()) heap.AttachStats(kRegionFlags);
}

// The last words of a process that ends by itself: the split between live and cached, exact as far as its own threads go.
__attribute__((destructor(101))) void PublishAtEnd() {
  if constexpr (kHardened) hardened::CheckAtEnd();
  if (heap.ready() && heap.stats.attached()) heap.PublishCaches();
}

// The calling thread need not be the one that forked: that one may have gone on without a slow path and made this one.
void DropCachesOfOthers() {
  if (forked_cleanly) return heap.KeepCache(forked_cache);
  // raw clone(), and no handler ran. The child goes on with one thread, whose number is the process's. A thread that it made
  // does not know whose cache is still in use, and leaves them all where they are.
  if (thread_state.has_cache() || SystemCall(SYS_gettid) == heap_pid) heap.KeepCache(thread_state.cache);
}

}  // namespace

bool FirstCall() {
  {
    LockHolder hold(first_call_lock);
    if (heap.ready()) return true;
    no_cache.MakeEmpty();
    if (!heap.Init()) return false;
    if constexpr (kHardened) {
      hardened::Start();
    } else {
      heap.page_heap.LetStandApart(kStandingApart);
    }
  }
  heap_pid = SystemCall(SYS_getpid);
  hooks::SetBypassSwitch(&SetBypass);
  // Early, so that the key's number is below 32 and glibc needs no memory for it (research: trap 3).
  have_exit_key = pthread_key_create(&exit_key, &ThreadExit) == 0;
  // Prepare handlers run in reverse order of registration: registered first, ours runs last.
  pthread_atfork(&BeforeFork, &AfterForkInParent, &AfterForkInChild);
  return true;
}

// In a handler that came into the middle of malloc it waits until that is through.
void AfterFork() {
  if (Lock::AnyHeldByThisThread()) return;
  LockHolder hold(fork_lock);
  if (!heap.stats.NeedsAttach()) return;
  if (!forked_cleanly) heap.ResetLocks();
  heap_pid = SystemCall(SYS_getpid);
  heap.DetachStats();
  DropCachesOfOthers();
  forked_cleanly = false;
  if constexpr (kHardened) hardened::AfterFork();
  heap.AttachStats(kRegionFlags);
}

void BeforeSandbox(bool strict) {
  if (!Ready()) return;
  if constexpr (kHardened) {
    // A child of vfork has its parent's heap, and its own sandbox.
    if (strict && SystemCall(SYS_getpid) == heap_pid) hardened::BeforeStrictSandbox();
  }
}

bool MakeCache() {
  ThreadState& state = thread_state;
  if (state.exiting || !state.filled || state.has_cache()) return state.filled && state.has_cache();
  // A child of vfork runs in its parent's thread state and memory: a cache under its id would be swept when it is gone,
  // under the parent that goes on with it.
  if (SystemCall(SYS_getpid) != heap_pid) return false;
  ThreadCache* cache = heap.NewThreadCache(static_cast<uint32_t>(SystemCall(SYS_gettid)));
  if (cache == nullptr) return false;
  state.cache = cache;
  if (have_exit_key) pthread_setspecific(exit_key, cache);
  return true;
}

}  // namespace lifecycle
}  // namespace glassheap
