#include "tests/support/shadow_object.h"

#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace glassheap::testing {
namespace {

// Objects up to this size are filled and checked whole; of longer ones this much at both ends and a word in between.
constexpr size_t kWhole = 512;
constexpr size_t kStride = 2048;

uint64_t WordAt(uint64_t key, size_t offset) { return (key + offset) * 0x9e3779b97f4a7c15u | 1; }

// Calls visit(offset, bytes) for each piece of the first `bytes` that carries contents, given the whole size.
template <typename Visit>
void ForEachPiece(size_t usable, size_t bytes, Visit visit) {
  const auto words = [&visit, bytes](size_t from, size_t to) {
    for (size_t offset = from; offset < to && offset < bytes; offset += 8) {
      visit(offset, bytes - offset < 8 ? bytes - offset : 8);
    }
  };
  if (usable <= 2 * kWhole) return words(0, usable);
  words(0, kWhole);
  for (size_t offset = kStride; offset + kStride < usable; offset += kStride) words(offset, offset + 8);
  words(usable - kWhole, usable);
}

bool IsZero(const void* address, size_t size) {
  const char* bytes = static_cast<const char*>(address);
  if (size == 0) return true;
  return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

size_t RandomAlignment(Random& random) { return size_t{8} << random.Skewed(random.OneIn(50) ? 14 : 10); }

void* AllocateBy(Random& random, ShadowObject* object) {
  const size_t size = object->size;
  switch (random.Below(12)) {
    case 0: {
      void* address = calloc(1 + size / 7, 7);
      object->size = (1 + size / 7) * 7;
      if (address != nullptr && !IsZero(address, object->size)) ShadowFailed("calloc is not zero", *object);
      return address;
    }
    case 1:
      return memalign(object->alignment = RandomAlignment(random), size);
    case 2: {
      void* address = nullptr;
      return posix_memalign(&address, object->alignment = RandomAlignment(random), size) == 0 ? address : nullptr;
    }
    case 3:
      return aligned_alloc(object->alignment = RandomAlignment(random), size);
    case 4:
      object->way = ShadowObject::Way::kNew;
      return operator new(size);
    case 5:
      object->way = ShadowObject::Way::kNewArray;
      return operator new[](size, std::nothrow);
    case 6:
      object->way = ShadowObject::Way::kNewAligned;
      return operator new(size, std::align_val_t(object->alignment = RandomAlignment(random)));
    case 7:
      object->way = ShadowObject::Way::kNewArrayAligned;
      return operator new[](size, std::align_val_t(object->alignment = RandomAlignment(random)), std::nothrow);
    case 8:
      return reallocarray(nullptr, 1, size);
    default:
      return malloc(size);
  }
}

}  // namespace

void ShadowFailed(const char* what, const ShadowObject& object) {
  fprintf(stderr, "shadow: %s: object %p, size %zu, usable %zu, alignment %zu, way %d (GLASSHEAP_TEST_SEED=%llu)\n",
          what, object.address, object.size, object.usable, object.alignment, static_cast<int>(object.way),
          static_cast<unsigned long long>(TestSeed()));
  abort();
}

void AuditFailed(const char* what, int64_t number, int64_t heap_says, int64_t shadow_says) {
  fprintf(stderr, "audit: %s %lld: the heap says %lld, the shadow %lld (GLASSHEAP_TEST_SEED=%llu)\n", what,
          static_cast<long long>(number), static_cast<long long>(heap_says), static_cast<long long>(shadow_says),
          static_cast<unsigned long long>(TestSeed()));
  abort();
}

ShadowObject ShadowObject::Allocate(Random& random, size_t size) {
  ShadowObject object;
  object.size = size;
  object.address = AllocateBy(random, &object);
  object.Adopt(random);
  return object;
}

// Checks what every new object must be, and fills it.
void ShadowObject::Adopt(Random& random) {
  if (address == nullptr) ShadowFailed("out of memory", *this);
  usable = malloc_usable_size(address);
  if (usable < size) ShadowFailed("less usable than asked for", *this);
  const size_t at_least = size > 8 ? 16 : 8;
  if (alignment < at_least) alignment = at_least;
  if (reinterpret_cast<uintptr_t>(address) % alignment != 0) ShadowFailed("not aligned", *this);
  key = random.Next();
  Fill();
}

void ShadowObject::Fill() const {
  char* bytes = static_cast<char*>(address);
  ForEachPiece(usable, usable, [this, bytes](size_t offset, size_t n) {
    const uint64_t word = WordAt(key, offset);
    memcpy(bytes + offset, &word, n);
  });
}

void ShadowObject::CheckPrefix(size_t limit) const {
  const char* bytes = static_cast<const char*>(address);
  ForEachPiece(usable, limit, [this, bytes](size_t offset, size_t n) {
    const uint64_t word = WordAt(key, offset);
    if (memcmp(bytes + offset, &word, n) != 0) ShadowFailed("contents changed", *this);
  });
}

void ShadowObject::Check() const {
  if (malloc_usable_size(address) != usable) ShadowFailed("usable size changed", *this);
  CheckPrefix(usable);
}

void ShadowObject::Free(Random& random) {
  Check();
  const bool sized = random.OneIn(2);
  switch (way) {
    case Way::kMalloc:
      free(address);
      break;
    case Way::kNew:
      sized ? operator delete(address, size) : operator delete(address);
      break;
    case Way::kNewArray:
      sized ? operator delete[](address, size) : operator delete[](address);
      break;
    case Way::kNewAligned:
      sized ? operator delete(address, size, std::align_val_t(alignment)) :
            operator delete(address, std::align_val_t(alignment));
      break;
    case Way::kNewArrayAligned:
      sized ? operator delete[](address, size, std::align_val_t(alignment)) :
            operator delete[](address, std::align_val_t(alignment));
      break;
  }
  *this = ShadowObject();
}

void ShadowObject::Realloc(Random& random, size_t new_size) {
  Check();
  const size_t kept = size < new_size ? size : new_size;
  void* moved = realloc(address, new_size);
  if (moved == nullptr) ShadowFailed("realloc failed", *this);
  address = moved;
  CheckPrefix(kept);
  size = new_size;
  alignment = 0;
  Adopt(random);
}

}  // namespace glassheap::testing
