#include "allocator/front/reserve.h"

#include <atomic>
#include <bit>
#include <cstdint>

#include "allocator/base/os_memory.h"
#include "allocator/base/types.h"

namespace glassheap {
namespace {

struct Tier {
  size_t slot_bytes;
  uint32_t slots;
  uint32_t first_word;  // of its bits
  size_t offset;        // in the memory
};
constexpr Tier kTiers[] = {
    {64, 256, 0, 0},
    {256, 64, 4, 16 * kKiB},
    {1024, 32, 5, 32 * kKiB},
    {4096, 16, 6, 64 * kKiB},
};
constexpr size_t kBytes = 128 * kKiB;

constinit std::atomic<uint64_t> used[7] = {};
alignas(4096) constinit char memory[kBytes] = {};

// A mapping in use. In between it is nobody's: kChanging.
struct Piece {
  std::atomic<uintptr_t> object;
  void* begin;
  size_t mapped;
};
constexpr uintptr_t kChanging = 1;
constinit Piece pieces[1024] = {};

// The bits of word `i` of a tier that stand for slots.
uint64_t SlotsOfWord(const Tier& tier, uint32_t i) {
  const uint32_t left = tier.slots - 64 * i;
  return left >= 64 ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
}

void* TakeSlot(const Tier& tier) {
  for (uint32_t i = 0; 64 * i < tier.slots; ++i) {
    std::atomic<uint64_t>& word = used[tier.first_word + i];
    const uint64_t slots = SlotsOfWord(tier, i);
    for (uint64_t free = slots & ~word.load(std::memory_order_relaxed); free != 0; free = slots & ~word.load()) {
      const uint64_t bit = free & -free;
      if ((word.fetch_or(bit, std::memory_order_acquire) & bit) != 0) continue;  // another handler's
      const auto slot = 64 * i + static_cast<uint32_t>(std::countr_zero(bit));
      return memory + tier.offset + slot * tier.slot_bytes;
    }
  }
  return nullptr;
}

void* TakePiece(size_t size, size_t alignment) {
  const size_t spare = alignment > kSystemPageSize ? alignment : 0;
  const size_t mapped = RoundUp(size + spare, kSystemPageSize);
  for (Piece& piece : pieces) {
    uintptr_t none = 0;
    if (!piece.object.compare_exchange_strong(none, kChanging)) continue;
    piece.begin = os::MapAnywhere(mapped);
    piece.mapped = mapped;
    const uintptr_t object = RoundUp(reinterpret_cast<uintptr_t>(piece.begin), alignment);
    piece.object.store(object, std::memory_order_release);  // 0 where there was no memory
    return reinterpret_cast<void*>(object);
  }
  return nullptr;
}

struct Slot {
  const Tier* tier;
  std::atomic<uint64_t>* word;
  uint64_t bit;
};

// Where the pointer is a slot's; else no tier.
Slot FindSlot(const void* object) {
  const auto* at = static_cast<const char*>(object);
  if (at < memory || at >= memory + kBytes) return {};
  const auto offset = static_cast<size_t>(at - memory);
  for (const Tier& tier : kTiers) {
    if (offset < tier.offset || (offset - tier.offset) / tier.slot_bytes >= tier.slots) continue;
    if ((offset - tier.offset) % tier.slot_bytes != 0) return {};
    const size_t slot = (offset - tier.offset) / tier.slot_bytes;
    return {&tier, &used[tier.first_word + slot / 64], uint64_t{1} << slot % 64};
  }
  return {};
}

Piece* FindPiece(const void* object) {
  const auto address = reinterpret_cast<uintptr_t>(object);
  if (address <= kChanging) return nullptr;
  for (Piece& piece : pieces) {
    if (piece.object.load(std::memory_order_acquire) == address) return &piece;
  }
  return nullptr;
}

}  // namespace

void* Reserve::Take(size_t size, size_t alignment) {
  for (const Tier& tier : kTiers) {
    if (size > tier.slot_bytes || alignment > tier.slot_bytes) continue;
    if (void* object = TakeSlot(tier)) return object;
  }
  size_t unused;
  if (__builtin_add_overflow(size, 2 * alignment + kSystemPageSize, &unused)) return nullptr;
  return TakePiece(size, alignment);
}

bool Reserve::Give(void* object) {
  if (const Slot slot = FindSlot(object); slot.tier != nullptr) {
    return (slot.word->fetch_and(~slot.bit, std::memory_order_release) & slot.bit) != 0;
  }
  Piece* piece = FindPiece(object);
  uintptr_t address = reinterpret_cast<uintptr_t>(object);
  if (piece == nullptr || !piece->object.compare_exchange_strong(address, kChanging)) return false;
  os::Unmap(piece->begin, piece->mapped);
  piece->object.store(0, std::memory_order_release);
  return true;
}

size_t Reserve::SizeOf(const void* object) {
  if (const Slot slot = FindSlot(object); slot.tier != nullptr) {
    return (slot.word->load(std::memory_order_relaxed) & slot.bit) != 0 ? slot.tier->slot_bytes : 0;
  }
  const Piece* piece = FindPiece(object);
  if (piece == nullptr) return 0;
  const auto before = static_cast<size_t>(static_cast<const char*>(object) - static_cast<const char*>(piece->begin));
  return piece->mapped - before;
}

}  // namespace glassheap
