// The part of glassheap's public interface (introspection.h, glassheap.h) that makes sense for one list of blocks: there
// are no hooks, no spans, and no way to give memory back.

#include "allocator/introspection.h"

#include <cstring>

#include "allocator/base/check.h"
#include "allocator/base/macros.h"
#include "allocator/block/process_heap.h"
#include "allocator/glassheap.h"

namespace glassheap {

GH_EXPORT void TakeSnapshot(HeapSnapshot* snapshot) {
  *snapshot = {};
  HeapHolder hold;
  const abi::BlockList& list = process_heap.blocks.list();
  snapshot->live_bytes = list.used_bytes;
  snapshot->live_objects = list.used_blocks;
  snapshot->page_heap_free = list.free_bytes;
  snapshot->metadata = list.blocks * BlockHeap::kHeaderSize;
  snapshot->mapped = list.mapped_bytes;
  snapshot->residual =
      static_cast<int64_t>(snapshot->mapped - snapshot->live_bytes - snapshot->page_heap_free - snapshot->metadata);
  snapshot->allocated_bytes_total = process_heap.allocated_bytes_total;
}

GH_EXPORT Ownership GetOwnership(const void* pointer) {
  HeapHolder hold;
  return process_heap.blocks.Covers(pointer) ? Ownership::kOwned : Ownership::kNotOwned;
}

GH_EXPORT size_t UsableSize(const void* pointer) {
  if (pointer == nullptr) return 0;
  HeapHolder hold;
  size_t usable = 0;
  return process_heap.blocks.Find(pointer, &usable) == BlockStatus::kDone ? usable : 0;
}

GH_EXPORT size_t ReleaseMemory(size_t) { return 0; }

GH_EXPORT void CheckHeap(bool) {
  HeapHolder hold;
  if (const char* problem = process_heap.blocks.Check()) Die(Message().Text("glassheap_block: ").Text(problem));
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
GH_EXPORT size_t glassheap_release_memory(size_t bytes) { return glassheap::ReleaseMemory(bytes); }
GH_EXPORT void glassheap_check_heap(int quiet) { glassheap::CheckHeap(quiet != 0); }

}  // extern "C"
