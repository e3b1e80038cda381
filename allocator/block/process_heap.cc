#include "allocator/block/process_heap.h"

#include <pthread.h>
#include <stdlib.h>

#include <cstring>

#include "allocator/base/os_memory.h"
#include "allocator/base/system_call.h"
#include "allocator/base/types.h"

// glibc's lock of the list of open files, taken before ours in fork as its own malloc does (front/lifecycle.h).
extern "C" {
__attribute__((weak)) void _IO_list_lock();
__attribute__((weak)) void _IO_list_unlock();
}

namespace glassheap {

constinit ProcessHeap process_heap;

namespace {

// The heap grows by an eighth of itself, at least by this: a search that fails has walked the whole list.
constexpr size_t kLeastGrowth = kMiB;

constinit Lock first_call_lock{LockRank::kLifecycle};
constinit Lock fork_lock{LockRank::kLifecycle};
constinit bool started = false;
constinit bool forked_cleanly = false;
constinit bool use_break = true;

void BeforeFork() {
  if (_IO_list_lock != nullptr) _IO_list_lock();
  LockOrderPause pause;
  Lock::BeginReentrant();
  process_heap.lock.Acquire();
}

void AfterForkInParent() {
  LockOrderPause pause;
  process_heap.lock.Release();
  Lock::EndReentrant();
  if (_IO_list_unlock != nullptr) _IO_list_unlock();
}

void ResetLock() {
  LockOrderPause pause;
  Lock::ResetReentrant();
  Lock::ForgetSelf();
  process_heap.lock.Reset();
}

void AfterForkInChild() {
  ResetLock();
  first_call_lock.Reset();
  fork_lock.Reset();
  forked_cleanly = true;
  process_heap.stats.NoteFork();
}

void AttachStats() {
  StatsPublisher::Description description;
  description.class_count = 1;  // none: row 0 stands for no class
  process_heap.stats.Attach(description);
  LockHolder hold(process_heap.lock);
  process_heap.peak_used_bytes = 0;
  process_heap.Publish();
}

void AfterFork() {
  LockHolder hold(fork_lock);
  if (!process_heap.stats.NeedsAttach()) return;
  if (!forked_cleanly) ResetLock();  // raw clone(): no handler ran
  forked_cleanly = false;
  AttachStats();
}

void FirstCall() {
  {
    LockHolder hold(first_call_lock);
    if (started) return;
    __atomic_store_n(&started, true, __ATOMIC_RELEASE);
  }
  pthread_atfork(&BeforeFork, &AfterForkInParent, &AfterForkInChild);
}

BlockFit FitOf(const char* name) {
  if (strcmp(name, "first") == 0) return BlockFit::kFirst;
  if (strcmp(name, "best") == 0) return BlockFit::kBest;
  return BlockFit::kNext;
}

// The environment can be read now, and no sandbox has closed yet.
__attribute__((constructor(101))) void AttachAtStart() {
  if (const char* fit = secure_getenv("GLASSHEAP_BLOCK_FIT")) {
    HeapHolder hold;
    process_heap.blocks.set_fit(FitOf(fit));
  }
  if (const char* way = secure_getenv("GLASSHEAP_BLOCK_GROW")) use_break = strcmp(way, "pages") != 0;
  AttachStats();
}

}  // namespace

HeapHolder::HeapHolder() {
  if (__builtin_expect(!__atomic_load_n(&started, __ATOMIC_ACQUIRE), 0)) FirstCall();
  if (__builtin_expect(process_heap.stats.NeedsAttach(), 0)) AfterFork();
  process_heap.lock.Acquire();
}

bool ProcessHeap::AddMemory(size_t bytes) {
  void* memory = use_break ? os::GrowBreak(bytes) : nullptr;
  if (memory == nullptr) memory = os::MapAnywhere(bytes);
  if (memory == nullptr) {
    ++os_failures;
    return false;
  }
  ++os_grows;
  return blocks.AddMemory(memory, bytes);
}

bool ProcessHeap::Grow(size_t size, size_t alignment) {
  const size_t least = RoundUp(BlockHeap::MemoryFor(size, alignment), kSystemPageSize);
  size_t wanted = blocks.list().mapped_bytes / 8;
  if (wanted < kLeastGrowth) wanted = kLeastGrowth;
  wanted = RoundUp(wanted, kSystemPageSize);
  if (wanted > least && AddMemory(wanted)) return true;
  return AddMemory(least);
}

void* ProcessHeap::Allocate(size_t size, size_t alignment) {
  void* object = blocks.Allocate(size, alignment);
  if (object == nullptr && Grow(size, alignment)) object = blocks.Allocate(size, alignment);
  if (object != nullptr) allocated_bytes_total += size;
  return object;
}

// Everything is known exactly under the one lock, so the region is always true.
void ProcessHeap::Publish() {
  if (!stats.attached()) return;
  const abi::BlockList& list = blocks.list();
  StatsPublisher::WriteRow(stats.global(), [&](abi::HeapRow* row) {
    StatsPublisher::Set(&row->heap_mapped, list.mapped_bytes);
    StatsPublisher::Set(&row->metadata, list.blocks * BlockHeap::kHeaderSize);
    StatsPublisher::Set(&row->large_bytes, list.used_bytes);
    StatsPublisher::Set(&row->large_objects, list.used_blocks);
    StatsPublisher::Set(&row->page_heap_free, list.free_bytes);
    StatsPublisher::Set(&row->spans, list.used_blocks);
    StatsPublisher::Set(&row->os_grows, os_grows);
    StatsPublisher::Set(&row->os_failures, os_failures);
    StatsPublisher::Set(&row->ended_allocated_bytes_total, allocated_bytes_total);
    StatsPublisher::Set(&row->block_list, reinterpret_cast<uintptr_t>(&list));
  });
  if (list.used_bytes > peak_used_bytes) PublishPeak();
}

void ProcessHeap::PublishPeak() {
  const abi::BlockList& list = blocks.list();
  peak_used_bytes = list.used_bytes;
  const uint64_t now = stats.NanosecondsSinceAttach();
  StatsPublisher::WriteRow(stats.peak(), [&](abi::HeapRow* row) {
    StatsPublisher::Set(&row->heap_mapped, list.mapped_bytes);
    StatsPublisher::Set(&row->metadata, list.blocks * BlockHeap::kHeaderSize);
    StatsPublisher::Set(&row->large_bytes, list.used_bytes);
    StatsPublisher::Set(&row->large_objects, list.used_blocks);
    StatsPublisher::Set(&row->page_heap_free, list.free_bytes);
    StatsPublisher::Set(&row->peak_time, now);
  });
}

}  // namespace glassheap
