#include "allocator/front/object.h"

#include "allocator/front/large_end.h"
#include "allocator/front/reserve.h"
#include "allocator/front/slow_path.h"

namespace glassheap {

size_t SizeInReserve(const void* object) {
  return heap.pages.Contains(reinterpret_cast<uintptr_t>(object)) ? 0 : Reserve::SizeOf(object);
}

bool GiveToReserve(void* object) {
  return !heap.pages.Contains(reinterpret_cast<uintptr_t>(object)) && Reserve::Give(object);
}

void DieIfFree(const void* object, SizeClass c, Misuse misuse) {
  if (heap.IsFreeSomewhere(c, object)) ReportMisuse(misuse, object, heap.pages);
}

Span* LargeSpanOrDie(const void* object, Misuse interior, Misuse invalid, Misuse freed) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  Span* span = heap.pages.FindSpan(address);
  if (span == nullptr || span->cached) {
    if (heap.pages.FindSpanAround(address) != nullptr && span == nullptr) ReportMisuse(interior, object, heap.pages);
    const bool was_ours = heap.pages.Contains(address) && heap.pages.At(heap.pages.PageOf(address)) != nullptr;
    ReportMisuse(was_ours && address % kPageSize == 0 ? freed : invalid, object, heap.pages);
  }
  if (heap.pages.AddressOf(span) != object) ReportMisuse(interior, object, heap.pages);
  if (!LargeEnd::Holds(span)) ReportMisuse(Misuse::kOverflow, object, heap.pages);
  return span;
}

size_t SizeOrDie(const void* object, Misuse interior, Misuse invalid, Misuse freed) {
  if (const uint32_t entry = EntryOf(object)) {
    const SizeClass c = ThreadCache::ClassAtOffset(PageMap::ListOffset(entry));
    if (!AtSlotStart(reinterpret_cast<uintptr_t>(object), entry, c)) ReportMisuse(interior, object, heap.pages);
    if (HasFreeMark(object)) DieIfFree(object, c, freed);
    return ClassSize(c);
  }
  if (const size_t size = SizeInReserve(object)) return size;
  if (Lock::InTheWay()) return LargeEnd::SizeOf(LargeSpanOrDie(object, interior, invalid, freed));  // a handler's own
  LockHolder hold(heap.page_heap.lock());
  return LargeEnd::SizeOf(LargeSpanOrDie(object, interior, invalid, freed));
}

size_t UsableSizeOrDie(const void* object) {
  if (object == nullptr) return 0;
  return SizeOrDie(object, Misuse::kInteriorUsableSize, Misuse::kInvalidUsableSize, Misuse::kUsableSizeAfterFree);
}

size_t UsableSizeOrZero(const void* object) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(object);
  if (const uint32_t entry = EntryOf(object)) {
    const SizeClass c = ThreadCache::ClassAtOffset(PageMap::ListOffset(entry));
    if (!AtSlotStart(address, entry, c) || heap.IsFreeSomewhere(c, object)) return 0;
    return ClassSize(c);
  }
  if (const size_t size = SizeInReserve(object)) return size;
  LockHolder hold(heap.page_heap.lock());
  const Span* span = heap.pages.FindSpan(address);
  if (span == nullptr || span->cached || heap.pages.AddressOf(span) != object) return 0;
  return LargeEnd::SizeOf(span);
}

bool KnownZero(const void* object) {
  if (EntryOf(object) != 0) return false;
  const Span* span = heap.pages.FindSpan(reinterpret_cast<uintptr_t>(object));
  return span != nullptr && span->zeroed;
}

}  // namespace glassheap
