#include "allocator/front/hardened_slot.h"

#include "allocator/heap/heap.h"

namespace glassheap::hardened {

constinit uint64_t trailer_secret = 0;

void Report(Misuse misuse, const void* object, size_t claimed) { ReportMisuse(misuse, object, heap.pages, claimed); }

void PrepareSlot(void* slot, size_t capacity) {
  memset(slot, 0, capacity - Trailer::kSize);
  Trailer(slot, capacity).SetFree(true);
}

bool StillFree(const void* object) {
  const SizeClass c = ClassOfObject(object);
  const bool first_written = *static_cast<const FirstWord*>(object) != 0;
  return !first_written && !WasWritten(object, ClassSize(c), Trailer(object, ClassSize(c)));
}

void ReportNotLive(const void* object, SizeClass c, const MisuseNames& names) {
  if (Trailer(object, ClassSize(c)).free()) Report(names.freed, object);
  // Never handed out, or written over: the span knows.
  Report(heap.central[c].HoldsFree(object) ? names.invalid : Misuse::kOverflow, object);
}

}  // namespace glassheap::hardened
