#include "allocator/front/quarantine.h"

#include "allocator/front/fast_path.h"
#include "allocator/front/object.h"
#include "allocator/heap/heap.h"

namespace glassheap::hardened {

Quarantine* Quarantine::Make() {
  LockHolder hold(heap.page_heap.lock());
  return static_cast<Quarantine*>(heap.page_heap.AllocateMetadata(sizeof(Quarantine)));
}

void Quarantine::Drain() {
  for (void*& place : places_) {
    if (void* object = Swap(&place, nullptr)) FastFree(object);
  }
}

void Quarantine::Delete(Quarantine* quarantine) {
  quarantine->ForEach([](void* object) { heap.GiveUncached(ClassOfObject(object), object); });
  LockHolder hold(heap.page_heap.lock());
  heap.page_heap.FreeMetadata(quarantine, sizeof(Quarantine));
}

}  // namespace glassheap::hardened
