#include "tests/support/block_audit.h"

#include "allocator/block/process_heap.h"

namespace glassheap::testing {
namespace {

void Same(const char* what, uint64_t heap_says, uint64_t shadow_says) {
  if (heap_says == shadow_says) return;
  AuditFailed(what, 0, static_cast<int64_t>(heap_says), static_cast<int64_t>(shadow_says));
}

}  // namespace

// Objects do not overlap: each lies in a block of its own (its header is checked), and CheckHeap finds that blocks do not.
void HeapAudit::Add(const ShadowObject& object) {
  object.Check();
  size_t usable = 0;
  if (process_heap.blocks.Find(object.address, &usable) != BlockStatus::kDone) ShadowFailed("in no block", object);
  if (usable != object.usable) ShadowFailed("of another size", object);
  ++shadow_.objects;
  shadow_.bytes += static_cast<int64_t>(object.usable);
}

HeapAudit::Census HeapAudit::OfHeap() {
  const abi::BlockList& list = process_heap.blocks.list();
  return {static_cast<int64_t>(list.used_blocks), static_cast<int64_t>(list.used_bytes)};
}

void HeapAudit::SetBaseline() {
  baseline_ = OfHeap();
  baseline_.objects -= shadow_.objects;
  baseline_.bytes -= shadow_.bytes;
}

void HeapAudit::Compare() {
  CheckHeap(true);
  const Census now = OfHeap();
  Same("live objects", static_cast<uint64_t>(now.objects - baseline_.objects), static_cast<uint64_t>(shadow_.objects));
  Same("live bytes", static_cast<uint64_t>(now.bytes - baseline_.bytes), static_cast<uint64_t>(shadow_.bytes));
  HeapSnapshot s;
  TakeSnapshot(&s);
  Same("residual", static_cast<uint64_t>(s.residual), 0);
  Same("snapshot's live bytes", s.live_bytes, static_cast<uint64_t>(now.bytes));
  const abi::HeapRow& row = *process_heap.stats.global();
  Same("GLOBAL.heap_mapped", row.heap_mapped, s.mapped);
  Same("GLOBAL.large_bytes", row.large_bytes, s.live_bytes);
  Same("GLOBAL.large_objects", row.large_objects, s.live_objects);
  Same("GLOBAL.page_heap_free", row.page_heap_free, s.page_heap_free);
  Same("GLOBAL.metadata", row.metadata, s.metadata);
  Same("GLOBAL.ended_allocated_bytes_total", row.ended_allocated_bytes_total, s.allocated_bytes_total);
  ++comparisons_;
}

// Threads that have ended may have taken objects of their own with them, never left any.
void HeapAudit::CompareAfterEnd() {
  const Census now = OfHeap();
  if (now.objects > baseline_.objects)
    Same("live objects at the end", static_cast<uint64_t>(now.objects), static_cast<uint64_t>(baseline_.objects));
  Clear();
  baseline_ = now;
  Compare();
  --comparisons_;
}

}  // namespace glassheap::testing
