#include "allocator/front/quarantine.h"

#include "allocator/front/fast_path.h"

namespace glassheap::hardened {
namespace {

constinit Quarantine* first = nullptr;

}  // namespace

Quarantine* Quarantine::Make() {
  LockHolder hold(heap.page_heap.lock());
  Quarantine* made = static_cast<Quarantine*>(heap.page_heap.AllocateMetadata(sizeof(Quarantine)));
  if (made == nullptr) return nullptr;
  made->next_ = first;
  if (first != nullptr) first->prev_ = made;
  first = made;
  return made;
}

void Quarantine::Delete(Quarantine* quarantine) {
  quarantine->ForEach([](void* object) { FastFree(object); });
  LockHolder hold(heap.page_heap.lock());
  (quarantine->prev_ != nullptr ? quarantine->prev_->next_ : first) = quarantine->next_;
  if (quarantine->next_ != nullptr) quarantine->next_->prev_ = quarantine->prev_;
  heap.page_heap.FreeMetadata(quarantine, sizeof(Quarantine));
}

Quarantine* Quarantine::FirstBut(const Quarantine* own) {
  return first != own || first == nullptr ? first : first->next_;
}

}  // namespace glassheap::hardened
