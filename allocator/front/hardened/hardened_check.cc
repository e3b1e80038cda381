// What is free must be as it was when it was freed (hardened.h).

#include "allocator/base/lock.h"
#include "allocator/front/hardened/beside.h"
#include "allocator/front/hardened/hardened.h"
#include "allocator/front/hardened/large.h"
#include "allocator/front/hardened/slot.h"
#include "allocator/front/thread_state.h"
#include "allocator/heap/heap.h"

namespace glassheap::hardened {
namespace {

// What a process that ends looks at of the free objects in its spans: some 5 ms.
constexpr size_t kCheckedAtEnd = 16 * kMiB;

}  // namespace

void CheckQuarantine() {
  CheckWaitingLarge();
  if (part.quarantine != nullptr) DieIfWritten(part.quarantine->FindInPart(0, 1, &StillFree));
}

void CheckAtEnd() {
  CheckQuarantine();
  if (!heap.ready() || Lock::AnyHeldByThisThread() || ListTurn::Taken()) return;  // exit() in a signal handler
  size_t bytes = kCheckedAtEnd;
  for (SizeClass c = 1; c < kClassCount; ++c) {
    if (!heap.central[c].ready() || ClassSize(c) > kMaxHardenedSmall + Trailer::kSize) continue;
    const FreeList& list = thread_state.cache->list(c);
    for (void** slot = list.top; slot < list.end; ++slot) {
      if (!StillFreeInRooms(*slot)) DieIfWritten(*slot);
    }
    DieIfWritten(heap.central[c].FindFree(&StillFreeInRooms, &bytes));
  }
}

}  // namespace glassheap::hardened
