#include "allocator/front/hardened/bounds.h"

#include "allocator/base/lock.h"
#include "allocator/front/hardened/large.h"
#include "allocator/front/hardened/slot.h"
#include "allocator/heap/heap.h"
#include "allocator/heap/misuse.h"

namespace glassheap::hardened {
namespace {

Misuse OverflowBy(Access access) { return access == Access::kWrite ? Misuse::kOverflow : Misuse::kReadOverflow; }

// What the span knows of a slot whose trailer tells nothing. The answers need the lock of its class, which a signal handler
// must not wait for.
bool HeldFree(const SlotAround& slot) {
  return !Lock::AnyHeldByThisThread() && heap.central[slot.size_class()].HoldsFree(slot.begin());
}
bool NeverHandedOut(const SlotAround& slot) {
  return HeldFree(slot) && heap.central[slot.size_class()].IsFresh(slot.begin());
}

// Its address is printed: of an object where there is one, else of the first byte of the range.
struct Finding {
  Misuse misuse;
  const void* at;
};

// Not even the beginning of the range is an object's.
Finding FindInFree(const SlotAround& slot, const void* at) {
  if (NeverHandedOut(slot)) return {Misuse::kAccessOutside, at};
  if (slot.trailer().free() || HeldFree(slot)) return {Misuse::kAccessAfterFree, at};
  return {Misuse::kOverflow, slot.begin()};  // its trailer was written over before
}

Finding Find(const SlotAround& slot, const void* at, size_t n, Access access) {
  // Between two objects: who writes there on into the second one means that.
  const SlotAround next = slot.Next();
  const bool before_next = access == Access::kWrite && n > slot.capacity() - slot.offset() && next.Live();
  const Finding underflow = {Misuse::kUnderflow, next.begin()};
  if (!slot.usable()) return before_next ? underflow : Finding{Misuse::kAccessOutside, at};
  const Trailer trailer = slot.trailer();
  if (!trailer.live()) {
    const bool in_trailer = slot.offset() >= slot.capacity() - Trailer::kSize;
    return before_next && in_trailer ? underflow : FindInFree(slot, at);
  }
  if (before_next && slot.offset() >= slot.SizeBy(trailer)) return underflow;
  return {OverflowBy(access), slot.begin()};
}

}  // namespace

void CheckRange(const void* at, size_t n, Access access) {
  if (n == 0 || !InHeap(at)) return;
  if (const uint32_t entry = EntryOf(at)) {
    access == Access::kWrite ? CheckSmallRange<Access::kWrite>(at, n, entry)
                             : CheckSmallRange<Access::kRead>(at, n, entry);
  } else if (const void* object = LargeThatEndsWithin(at, n)) {
    Report(OverflowBy(access), object);
  }
}

void ReportRange(const void* at, size_t n, Access access) {
  const SlotAround slot(reinterpret_cast<uintptr_t>(at), EntryOf(at));
  const Finding finding = Find(slot, at, n, access);
  Report(finding.misuse, finding.at);
}

}  // namespace glassheap::hardened
