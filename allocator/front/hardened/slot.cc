#include "allocator/front/hardened/slot.h"

#include "allocator/heap/heap.h"

namespace glassheap::hardened {

constinit uint64_t trailer_secret = 0;

void Report(Misuse misuse, const void* object, size_t claimed) { ReportMisuse(misuse, object, heap.pages, claimed); }

void DieIfWritten(const void* object) {
  if (object != nullptr) Report(Misuse::kWriteAfterFree, object);
}

void PrepareSlot(void* slot, size_t capacity) {
  libc_blocks::Set(slot, 0, capacity - Trailer::kSize);
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

void DieIfWrittenBefore(const void* object, size_t capacity) {
  // Its owner may have freed it and had it anew between one look and the next, so that the trailer is the same again. Not as
  // often as this, in the one order each time.
  constexpr int kLooks = 1000;
  const char* const before = static_cast<const char*>(object) - capacity;
  size_t slack = 0;
  for (int i = 0; i < kLooks; ++i) {
    const Trailer trailer = Trailer::Before(object);
    KeepOrder();
    if (EndHolds(trailer)) return;
    KeepOrder();
    if (!Trailer::Before(object).Same(trailer)) return;
    slack = trailer.slack();
  }
  // Written from its start on, or only at its end.
  const bool from_start = !PatternHolds(before + capacity - Trailer::kSize - slack, slack < 8 ? slack : 8);
  from_start ? Report(Misuse::kOverflow, before) : Report(Misuse::kUnderflow, object);
}

void ReportNotLive(const void* object, SizeClass c, const MisuseNames& names) {
  const Trailer trailer(object, ClassSize(c));
  if (trailer.free() && !trailer.untouched()) Report(names.freed, object);
  // Written over, with zeros even; or never handed out; or its page was given back: the span knows.
  if (!heap.central[c].HoldsFree(object)) Report(Misuse::kOverflow, object);
  Report(trailer.untouched() && !heap.central[c].IsFresh(object) ? names.freed : names.invalid, object);
}

}  // namespace glassheap::hardened
