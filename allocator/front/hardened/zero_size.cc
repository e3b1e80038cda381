#include "allocator/front/hardened/zero_size.h"

#include <atomic>

#include "allocator/base/os_memory.h"
#include "allocator/front/hardened/bindings.h"
#include "allocator/heap/heap.h"

namespace glassheap::hardened {
namespace {

constexpr size_t kSlot = 16;
constexpr size_t kRangeBytes = ZeroSize::kSlots * kSlot;
// How many slots in use in a row one request looks past; the next one begins behind them.
constexpr size_t kMaxTries = 1024;

// A live slot's state is its origin.
constexpr uint8_t kNever = 0;
constexpr uint8_t kFreed = 0x80;
bool IsLive(uint8_t state) { return state != kNever && state != kFreed; }

constinit std::atomic<char*> range{nullptr};
constinit std::atomic<std::atomic<uint8_t>*> states{nullptr};  // there before the range is
constinit std::atomic<bool> refused{false};
constinit std::atomic<uint32_t> next_slot{0};

// Publishes what this thread mapped, unless another came first.
template <typename Memory>
bool Publish(std::atomic<Memory*>& place, void* mapped, size_t size) {
  if (mapped == nullptr) return false;
  Memory* nothing = nullptr;
  if (!place.compare_exchange_strong(nothing, static_cast<Memory*>(mapped), std::memory_order_acq_rel)) {
    os::Unmap(mapped, size);
  }
  return true;
}

bool MakeRange() {
  if (range.load(std::memory_order_acquire) != nullptr) return true;
  if (refused.load(std::memory_order_relaxed)) return false;
  const bool done = (states.load(std::memory_order_acquire) != nullptr ||
                     Publish(states, os::MapAnywhere(ZeroSize::kSlots), ZeroSize::kSlots)) &&
                    Publish(range, os::MapWithoutAccess(kRangeBytes), kRangeBytes);
  if (!done) refused.store(true, std::memory_order_relaxed);
  return done;
}

size_t OffsetOf(const void* pointer) {
  return reinterpret_cast<uintptr_t>(pointer) - reinterpret_cast<uintptr_t>(range.load(std::memory_order_relaxed));
}

std::atomic<uint8_t>& StateAt(const void* address) {
  return states.load(std::memory_order_relaxed)[OffsetOf(address) / kSlot];
}

}  // namespace

void* ZeroSize::Take(size_t alignment, Origin origin) {
  if (!MakeRange()) return nullptr;
  const size_t step = alignment <= kSlot ? 1 : alignment / kSlot;
  const size_t first = RoundUp(next_slot.fetch_add(static_cast<uint32_t>(step), std::memory_order_relaxed), step);
  for (size_t tries = 0; tries < kMaxTries; ++tries) {
    const size_t slot = (first + tries * step) % kSlots;
    std::atomic<uint8_t>& place = states.load(std::memory_order_relaxed)[slot];
    uint8_t state = place.load(std::memory_order_relaxed);
    if (IsLive(state) || !place.compare_exchange_strong(state, static_cast<uint8_t>(origin))) continue;
    if (tries > 0) next_slot.store(static_cast<uint32_t>(slot + step), std::memory_order_relaxed);  // a hint
    return range.load(std::memory_order_relaxed) + slot * kSlot;
  }
  next_slot.store(static_cast<uint32_t>((first + kMaxTries * step) % kSlots), std::memory_order_relaxed);
  return nullptr;
}

bool ZeroSize::Contains(const void* pointer) {
  return range.load(std::memory_order_acquire) != nullptr && OffsetOf(pointer) < kRangeBytes;
}

Origin ZeroSize::OriginOrDie(const void* object, Misuse interior, Misuse invalid, Misuse freed) {
  const uint8_t state = StateAt(object).load(std::memory_order_relaxed);
  const bool at_start = OffsetOf(object) % kSlot == 0;
  if (IsLive(state) && at_start) return static_cast<Origin>(state);
  ReportMisuse(IsLive(state) ? interior : state == kFreed && at_start ? freed : invalid, object, heap.pages);
}

void ZeroSize::Give(void* object, Origin origin, size_t promised) {
  const Origin taken_by = OriginOrDie(object, Misuse::kInteriorFree, Misuse::kInvalidFree, Misuse::kDoubleFree);
  if (promised != 0) ReportMisuse(Misuse::kWrongSize, object, heap.pages, promised);
  if (taken_by != origin && AllBoundToUs()) ReportMisuse(Misuse::kWrongFamily, object, heap.pages);
  uint8_t live = static_cast<uint8_t>(taken_by);
  // Another thread that frees it at the same time came first.
  if (!StateAt(object).compare_exchange_strong(live, kFreed)) ReportMisuse(Misuse::kDoubleFree, object, heap.pages);
}

bool ZeroSize::FreedAt(const void* address) { return StateAt(address).load(std::memory_order_relaxed) == kFreed; }

}  // namespace glassheap::hardened
