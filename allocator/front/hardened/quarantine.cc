#include "allocator/front/hardened/quarantine.h"

#include "allocator/front/fast_path.h"
#include "allocator/front/object.h"
#include "allocator/heap/heap.h"

namespace glassheap::hardened {

Quarantine* Quarantine::Make() {
  LockHolder hold(heap.page_heap.lock());
  return static_cast<Quarantine*>(heap.page_heap.AllocateMetadata(sizeof(Quarantine)));
}

namespace {

void GiveBackLarge(LargeQuarantine& large) {
  while (Span* span = large.TakeAny()) {
    LockHolder hold(heap.page_heap.lock());
    heap.page_heap.Free(span);
  }
}

}  // namespace

void Quarantine::DrainLarge() { GiveBackLarge(large_); }

void Quarantine::Drain() {
  DrainLarge();
  for (void*& place : places_) {
    if (void* object = Swap(&place, nullptr)) FastFree(object);
  }
}

void Quarantine::Delete(Quarantine* quarantine) {
  quarantine->ForEach([](void* object) { heap.GiveUncached(ClassOfObject(object), object); });
  GiveBackLarge(quarantine->large_);
  LockHolder hold(heap.page_heap.lock());
  heap.page_heap.FreeMetadata(quarantine, sizeof(Quarantine));
}

}  // namespace glassheap::hardened
