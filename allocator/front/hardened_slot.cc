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

bool StillFreeInRooms(const void* object) {
  const SizeClass c = ClassOfObject(object);
  const FirstWord first = *static_cast<const FirstWord*>(object);
  return (first == kFreeMark || first == 0) && !WasWritten(object, ClassSize(c), Trailer(object, ClassSize(c)));
}

void ReportNotLive(const void* object, SizeClass c, const MisuseNames& names) {
  const Trailer trailer(object, ClassSize(c));
  if (trailer.free() && !trailer.untouched()) Report(names.freed, object);
  // Written over, with zeros even; or never handed out; or its page was given back: the span knows.
  if (!heap.central[c].HoldsFree(object)) Report(Misuse::kOverflow, object);
  Report(trailer.untouched() && !heap.central[c].IsFresh(object) ? names.freed : names.invalid, object);
}

}  // namespace glassheap::hardened
