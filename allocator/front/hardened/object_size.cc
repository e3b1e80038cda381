#include "allocator/front/hardened/object_size.h"

#include <cstdint>

#include "allocator/front/hardened/guarded_pool.h"
#include "allocator/front/hardened/large.h"
#include "allocator/front/hardened/trailer.h"
#include "allocator/front/hardened/zero_size.h"
#include "allocator/front/object.h"
#include "allocator/heap/heap.h"

namespace glassheap::hardened {

size_t SizeOf(const void* object, const MisuseNames& names, Origin* origin) {
  if (const uint32_t entry = EntryOf(object)) {
    const Small small(object, entry, names);
    *origin = small.origin();
    return small.size();
  }
  if (GuardedPool::Contains(object)) {
    const size_t size = GuardedPool::SizeOrDie(object, names.interior, names.freed);
    *origin = GuardedPool::OriginOf(object);
    return size;
  }
  if (ZeroSize::Contains(object)) {
    *origin = ZeroSize::OriginOrDie(object, names.interior, names.invalid, names.freed);
    return 0;
  }
  if (const size_t size = SizeInReserve(object)) {
    *origin = Origin::kMalloc;  // nobody knows
    return size;
  }
  const Span* span = LargeOrDie(object, names.interior, names.invalid, names.freed);
  *origin = OriginOfLarge(span);
  CheckEndOfLarge(span);
  return SizeOfLarge(span);
}

size_t SizeOrDie(const void* object) {
  Origin origin;
  return object == nullptr ? 0 : SizeOf(object, kOfSize, &origin);
}

size_t SizeOrZero(const void* object) {
  if (const uint32_t entry = EntryOf(object)) {
    const SizeClass c = ThreadCache::ClassAtOffset(PageMap::ListOffset(entry));
    const Trailer trailer(object, ClassSize(c));
    if (!AtSlotStart(reinterpret_cast<uintptr_t>(object), entry, c) || !trailer.live()) return 0;
    return ClassSize(c) - Trailer::kSize - trailer.slack();
  }
  if (GuardedPool::Contains(object)) return GuardedPool::SizeOrZero(object);
  const Span* span = FindLarge(object);
  return span != nullptr ? SizeOfLarge(span) : SizeInReserve(object);
}

bool OwnsOutsideHeap(const void* pointer) { return GuardedPool::Contains(pointer) || ZeroSize::Contains(pointer); }

}  // namespace glassheap::hardened
