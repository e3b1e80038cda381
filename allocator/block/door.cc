#include "allocator/block/door.h"

#include <errno.h>

#include <cstdint>
#include <cstring>

#include "allocator/base/message.h"
#include "allocator/base/system_call.h"
#include "allocator/block/process_heap.h"

namespace glassheap {
namespace {

// No object is larger: pointer differences must fit, with its header and alignment.
constexpr size_t kMaxSize = PTRDIFF_MAX / 4;

void* NoMemory() {
  errno = ENOMEM;
  return nullptr;
}

const char* Describe(BlockStatus status) {
  switch (status) {
    case BlockStatus::kFreed:
      return "is freed already";
    case BlockStatus::kDamaged:
      return "has a damaged header: something wrote past the end of an object";
    default:
      return "is not an allocated object";
  }
}

[[noreturn]] GH_NOINLINE void Misused(const char* function, const void* object, BlockStatus status) {
  Die(Message()
          .Text("glassheap_block: ")
          .Text(function)
          .Text(": ")
          .Pointer(object)
          .Text(" ")
          .Text(Describe(status))
          .Text(", thread ")
          .Decimal(static_cast<uint64_t>(SystemCall(SYS_gettid))));
}

// The usable bytes of a live object, or death. REQUIRES: the lock.
size_t SizeOrDie(const char* function, const void* object) {
  size_t usable = 0;
  const BlockStatus status = process_heap.blocks.Find(object, &usable);
  if (status != BlockStatus::kDone) Misused(function, object, status);
  return usable;
}

// What realloc can do without moving. Returns the old usable size, or 0 when it is done.
size_t ResizeInPlace(void* object, size_t size) {
  HeapHolder hold;
  const size_t usable = SizeOrDie("realloc", object);
  if (process_heap.blocks.Resize(object, size) != BlockStatus::kDone) return usable;
  process_heap.allocated_bytes_total += size;
  process_heap.Publish();
  return 0;
}

}  // namespace

void* MallocAligned(size_t alignment, size_t size) noexcept {
  if (size > kMaxSize || alignment > kMaxSize) return NoMemory();
  void* object;
  {
    HeapHolder hold;
    object = process_heap.Allocate(size, alignment);
    process_heap.Publish();
  }
  return object != nullptr ? object : NoMemory();
}

void* MallocZeroed(size_t size) noexcept {
  void* object = MallocAligned(1, size);
  return object != nullptr ? memset(object, 0, size) : nullptr;
}

void FastFree(void* object) {
  if (object == nullptr) return;
  HeapHolder hold;
  const BlockStatus status = process_heap.blocks.Free(object);
  if (status != BlockStatus::kDone) Misused("free", object, status);
  process_heap.Publish();
}

void FreeSized(void* object, size_t size) noexcept {
  if (object == nullptr) return;
  {
    HeapHolder hold;
    if (size > SizeOrDie("sized delete", object))
      Misused("sized delete with too large a size", object, BlockStatus::kNotBlock);
  }
  FastFree(object);
}

void* Realloc(void* object, size_t size) {
  if (object == nullptr) return MallocAligned(1, size);
  if (size == 0) {
    FastFree(object);
    return nullptr;
  }
  const size_t old_size = ResizeInPlace(object, size);
  if (old_size == 0) return object;
  void* moved = MallocAligned(1, size);
  if (moved == nullptr) return nullptr;
  memcpy(moved, object, size < old_size ? size : old_size);
  FastFree(object);
  return moved;
}

size_t UsableSizeOrDie(const void* object) {
  if (object == nullptr) return 0;
  HeapHolder hold;
  return SizeOrDie("malloc_usable_size", object);
}

}  // namespace glassheap
