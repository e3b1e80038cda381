// The public interface, C++ and C (introspection.h, glassheap.h).

#include "allocator/introspection.h"

#include <cstring>

#include "allocator/base/macros.h"
#include "allocator/front/door.h"
#include "allocator/front/lifecycle.h"
#include "allocator/front/object.h"
#include "allocator/front/slow_path.h"
#include "allocator/front/thread_state.h"
#include "allocator/glassheap.h"
#include "allocator/introspect/hooks.h"
#include "allocator/introspect/snapshot.h"

namespace glassheap {

GH_EXPORT void TakeSnapshot(HeapSnapshot* snapshot) {
  *snapshot = {};
  if (!lifecycle::Ready()) return;
  ThreadState& state = thread_state;
  const uint64_t published = state.has_cache() ? state.cache->published_allocated() : 0;
  *snapshot = MakeSnapshot(heap, state.exiting ? 0 : state.allocated() - published);
}

GH_EXPORT Ownership GetOwnership(const void* pointer) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  if (!heap.ready()) return Ownership::kNotOwned;
  if constexpr (kHardened) {
    if (hardened::OwnsOutsideHeap(pointer)) return Ownership::kOwned;
  }
  if (SizeInReserve(pointer) != 0) return Ownership::kOwned;
  LockHolder hold(heap.page_heap.lock());
  return heap.pages.FindSpanAround(address) != nullptr ? Ownership::kOwned : Ownership::kNotOwned;
}

GH_EXPORT size_t UsableSize(const void* pointer) { return heap.ready() ? door::SizeOrZero(pointer) : 0; }

GH_EXPORT bool AddNewHook(NewHook hook) { return lifecycle::Ready() && hooks::Add(hook); }
GH_EXPORT bool RemoveNewHook(NewHook hook) { return hooks::Remove(hook); }
GH_EXPORT bool AddDeleteHook(DeleteHook hook) { return lifecycle::Ready() && hooks::Add(hook); }
GH_EXPORT bool RemoveDeleteHook(DeleteHook hook) { return hooks::Remove(hook); }

GH_EXPORT size_t ReleaseMemory(size_t bytes) {
  if (Lock::AnyHeldByThisThread() || !lifecycle::Ready()) return 0;
  EmptyCaches();
  LockHolder hold(heap.page_heap.lock());
  const size_t released = heap.page_heap.Release(bytes);
  heap.page_heap.Publish();
  return released;
}

GH_EXPORT void ForEachSpan(SpanVisitor visitor, void* context) {
  if (!lifecycle::Ready()) return;
  heap.LockAll();
  heap.page_heap.ForEachSpan([&](const Span* span) {
    SpanInfo info = {};
    info.start = heap.pages.AddressOf(span);
    info.bytes = span->length().bytes();
    info.in_use = span->state != SpanState::kFree;
    info.resident_claim = info.in_use ? info.bytes : Length(span->resident_pages).bytes();
    if (span->state == SpanState::kSmall) {
      info.object_size = ClassSize(span->size_class);
      info.slots = span->capacity;
      info.slots_out = span->allocated;
    }
    visitor(info, context);
  });
  heap.UnlockAll();
}

GH_EXPORT void CheckHeap(bool quiet) {
  if (lifecycle::Ready()) CheckWholeHeap(heap, quiet);
}

}  // namespace glassheap

extern "C" {

static_assert(sizeof(glassheap_snapshot) == sizeof(glassheap::HeapSnapshot));

GH_EXPORT void glassheap_take_snapshot(glassheap_snapshot* snapshot) {
  glassheap::HeapSnapshot from;
  glassheap::TakeSnapshot(&from);
  memcpy(snapshot, &from, sizeof(from));
}

GH_EXPORT int glassheap_owns(const void* pointer) {
  return glassheap::GetOwnership(pointer) == glassheap::Ownership::kOwned ? 1 : 0;
}
GH_EXPORT size_t glassheap_usable_size(const void* pointer) { return glassheap::UsableSize(pointer); }
GH_EXPORT int glassheap_add_new_hook(glassheap_new_hook hook) { return glassheap::AddNewHook(hook) ? 1 : 0; }
GH_EXPORT int glassheap_remove_new_hook(glassheap_new_hook hook) { return glassheap::RemoveNewHook(hook) ? 1 : 0; }
GH_EXPORT int glassheap_add_delete_hook(glassheap_delete_hook hook) { return glassheap::AddDeleteHook(hook) ? 1 : 0; }
GH_EXPORT int glassheap_remove_delete_hook(glassheap_delete_hook hook) {
  return glassheap::RemoveDeleteHook(hook) ? 1 : 0;
}
GH_EXPORT size_t glassheap_release_memory(size_t bytes) { return glassheap::ReleaseMemory(bytes); }
GH_EXPORT void glassheap_check_heap(int quiet) { glassheap::CheckHeap(quiet != 0); }

}  // extern "C"
