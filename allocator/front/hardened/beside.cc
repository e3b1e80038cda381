#include "allocator/front/hardened/beside.h"

#include <cerrno>
#include <cstring>

#include "allocator/base/lock.h"
#include "allocator/front/fast_path.h"
#include "allocator/front/lifecycle.h"
#include "allocator/front/object.h"
#include "allocator/front/reserve.h"
#include "allocator/front/thread_state.h"
#include "allocator/heap/heap.h"

namespace glassheap::hardened {

constinit thread_local ThreadPart part;

namespace {

void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

// Adds to what a handler could leave nowhere. One instruction, for another handler may come.
void Strand(void* object) {
  void* first = part.stranded;
  do {
    *static_cast<void**>(object) = first;
  } while (!__atomic_compare_exchange_n(&part.stranded, &first, object, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

// Free to the eye: all zero.
void* TakeReserve(size_t bytes) {
  void* object = Reserve::Take(bytes, 16);
  return object != nullptr ? memset(object, 0, bytes) : nullptr;
}

}  // namespace

void* TakeBeside(size_t bytes) {
  if (!lifecycle::Ready()) return NoMemory();
  const SizeClass c = ClassOf(bytes);
  void* object = nullptr;
  if (!Lock::AnyHeldByThisThread()) {
    object = heap.TakeUncached(c);
  } else if (part.quarantine != nullptr) {
    object = part.quarantine->TakeAny(c);
  }
  if (object == nullptr && Lock::AnyHeldByThisThread()) object = TakeReserve(ClassSize(c));
  return object != nullptr ? object : NoMemory();
}

void* TakeFromListOrBeside(size_t bytes) {
  void* object = TakeNewest(&thread_state.cache->list(ClassOf(bytes)));
  return object != nullptr ? object : TakeBeside(bytes);
}

void PutBeside(void* object) {
  const SizeClass c = ClassOfObject(object);
  if (!Lock::AnyHeldByThisThread()) return heap.GiveUncached(c, object);
  if (part.quarantine == nullptr || !part.quarantine->PutAnywhere(object, c)) Strand(object);
}

void GiveStranded() {
  const ListTurn turn;
  void* object = __atomic_exchange_n(&part.stranded, nullptr, __ATOMIC_RELAXED);
  while (object != nullptr) {
    void* const next = *static_cast<void**>(object);
    heap.GiveUncached(ClassOfObject(object), object);
    object = next;
  }
}

}  // namespace glassheap::hardened
