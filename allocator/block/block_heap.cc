#include "allocator/block/block_heap.h"

namespace glassheap {
namespace {

char* DataOf(BlockHeader* block) { return reinterpret_cast<char*>(block) + BlockHeap::kHeaderSize; }
const char* EndOf(const BlockHeader* block) {
  return reinterpret_cast<const char*>(block) + BlockHeap::kHeaderSize + block->size;
}
// Of a number: what a caller claims to be data may be no address at all.
BlockHeader* HeaderOf(const void* data) {
  return reinterpret_cast<BlockHeader*>(reinterpret_cast<uintptr_t>(data) - BlockHeap::kHeaderSize);
}

BlockHeader* Beyond(const BlockHeader* block, int64_t distance) {
  if (distance == 0) return nullptr;
  return reinterpret_cast<BlockHeader*>(reinterpret_cast<intptr_t>(block) + distance);
}
BlockHeader* Next(const BlockHeader* block) { return Beyond(block, block->next); }
BlockHeader* Previous(const BlockHeader* block) { return Beyond(block, block->previous); }

int64_t Distance(const void* from, const void* to) {
  return reinterpret_cast<intptr_t>(to) - reinterpret_cast<intptr_t>(from);
}

bool IsFree(const BlockHeader* block) { return block->used == abi::kBlockFree; }

// The next block begins where this one ends.
bool Touches(const BlockHeader* block, const BlockHeader* next) {
  return next != nullptr && EndOf(block) == reinterpret_cast<const char*>(next);
}

constexpr size_t Up(size_t value, size_t multiple) { return (value + multiple - 1) & ~(multiple - 1); }

}  // namespace

// The sequence number is odd as long as one of these lives, for whoever reads the list from another process.
class BlockHeap::Change {
 public:
  explicit Change(BlockHeap* heap) : sequence_(&heap->list_.sequence) {
    __atomic_store_n(sequence_, *sequence_ + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
  }
  ~Change() { __atomic_store_n(sequence_, *sequence_ + 1, __ATOMIC_RELEASE); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  uint64_t* sequence_;
};

size_t BlockHeap::RoundedSize(size_t size) { return size <= kAlignment ? kAlignment : Up(size, kAlignment); }

BlockHeader* BlockHeap::FromList(int64_t distance) const {
  if (distance == 0) return nullptr;
  return reinterpret_cast<BlockHeader*>(reinterpret_cast<intptr_t>(&list_) + distance);
}

int64_t BlockHeap::ToList(const BlockHeader* block) const { return block == nullptr ? 0 : Distance(&list_, block); }

BlockHeap* BlockHeap::Create(void* buffer, size_t bytes, BlockFit fit) {
  const size_t skip = Up(reinterpret_cast<uintptr_t>(buffer), kAlignment) - reinterpret_cast<uintptr_t>(buffer);
  if (bytes < skip + sizeof(BlockHeap) + kMinBlock) return nullptr;
  char* start = static_cast<char*>(buffer) + skip;
  BlockHeap* heap = reinterpret_cast<BlockHeap*>(start);
  heap->list_ = kEmptyList;
  heap->list_.fit = fit;
  return heap->AddMemory(start + sizeof(BlockHeap), bytes - skip - sizeof(BlockHeap)) ? heap : nullptr;
}

// ---- memory ----

// Fresh memory mostly comes above all that is there, so the search begins at the end.
BlockHeader* BlockHeap::LastBelow(const void* address) const {
  BlockHeader* block = FromList(list_.last);
  while (block != nullptr && static_cast<const void*>(block) > address) block = Previous(block);
  return block;
}

// Sets the links around a block; previous and next may be nullptr.
void BlockHeap::Link(BlockHeader* previous, BlockHeader* block, BlockHeader* next) {
  block->previous = previous == nullptr ? 0 : Distance(block, previous);
  block->next = next == nullptr ? 0 : Distance(block, next);
  if (previous != nullptr) previous->next = Distance(previous, block);
  if (previous == nullptr) list_.first = ToList(block);
  if (next != nullptr) next->previous = Distance(next, block);
  if (next == nullptr) list_.last = ToList(block);
}

bool BlockHeap::AddMemory(void* start, size_t bytes) {
  const uintptr_t from = Up(reinterpret_cast<uintptr_t>(start), kAlignment);
  const uintptr_t to = (reinterpret_cast<uintptr_t>(start) + bytes) & ~(kAlignment - 1);
  if (to < from || to - from < kMinBlock) return false;
  Change change(this);
  BlockHeader* block = reinterpret_cast<BlockHeader*>(from);
  BlockHeader* previous = LastBelow(block);
  *block = {to - from - kHeaderSize, abi::kBlockFree, 0, 0, 0};
  Link(previous, block, previous == nullptr ? FromList(list_.first) : Next(previous));
  ++list_.blocks;
  list_.mapped_bytes += to - from;
  list_.free_bytes += block->size;
  JoinNeighbours(block);
  return true;
}

// ---- search ----

// Whether an object of `size` finds room in the block at its alignment, and how far from the start of the data. What is
// in front must be enough for a block of its own.
bool BlockHeap::Fits(const BlockHeader* block, size_t size, size_t alignment, size_t* front) {
  if (!IsFree(block) || block->size < size) return false;
  const uintptr_t data = reinterpret_cast<uintptr_t>(block) + kHeaderSize;
  size_t gap = Up(data, alignment) - data;
  while (gap != 0 && gap < kMinBlock) gap += alignment;
  *front = gap;
  return gap <= block->size - size;
}

BlockHeap::Place BlockHeap::FirstFit(BlockHeader* from, const BlockHeader* until, size_t size, size_t alignment) const {
  Place place;
  for (BlockHeader* block = from; block != until; block = Next(block)) {
    if (!Fits(block, size, alignment, &place.front)) continue;
    place.block = block;
    break;
  }
  return place;
}

// The smallest that will do; of several, the lowest.
BlockHeap::Place BlockHeap::BestFit(size_t size, size_t alignment) const {
  Place best;
  for (BlockHeader* block = FromList(list_.lowest_free); block != nullptr; block = Next(block)) {
    size_t front;
    if (!Fits(block, size, alignment, &front)) continue;
    if (best.block != nullptr && best.block->size <= block->size) continue;
    best = {block, front};
    if (block->size == size) break;
  }
  return best;
}

BlockHeap::Place BlockHeap::FindPlace(size_t size, size_t alignment) const {
  if (list_.fit == BlockFit::kBest) return BestFit(size, alignment);
  if (list_.fit == BlockFit::kFirst) return FirstFit(FromList(list_.lowest_free), nullptr, size, alignment);
  BlockHeader* rover = FromList(list_.rover);
  const Place place = FirstFit(rover, nullptr, size, alignment);
  if (place.block != nullptr) return place;
  return FirstFit(FromList(list_.first), rover, size, alignment);
}

// ---- split and join ----

// Cuts a free block after `size` bytes of data: what follows becomes a free block, which is returned.
// REQUIRES: at least kMinBlock bytes follow.
BlockHeader* BlockHeap::Split(BlockHeader* block, size_t size) {
  BlockHeader* rest = reinterpret_cast<BlockHeader*>(DataOf(block) + size);
  *rest = {block->size - size - kHeaderSize, abi::kBlockFree, 0, 0, 0};
  Link(block, rest, Next(block));
  block->size = size;
  ++list_.blocks;
  list_.free_bytes -= kHeaderSize;
  return rest;
}

// Splits off the end of a free block if it is worth a block of its own.
void BlockHeap::CutTail(BlockHeader* block, size_t size) {
  if (block->size >= size + kMinBlock) Split(block, size);
}

void BlockHeap::MarkUsed(BlockHeader* block, size_t requested) {
  block->used = abi::kBlockUsed;
  block->padding = static_cast<uint32_t>(block->size - requested);
  ++list_.used_blocks;
  list_.free_bytes -= block->size;
  list_.used_bytes += block->size;
  list_.padding_bytes += block->padding;
}

// Makes one of a free block and the free block behind it. The header in between keeps its mark "free": freeing that
// object again is noticed as long as nobody writes there.
void BlockHeap::JoinWithNext(BlockHeader* block) {
  BlockHeader* gone = Next(block);
  block->size += kHeaderSize + gone->size;
  Link(Previous(block), block, Next(gone));
  --list_.blocks;
  list_.free_bytes += kHeaderSize;
  if (FromList(list_.lowest_free) == gone) list_.lowest_free = ToList(block);
  if (FromList(list_.rover) == gone) list_.rover = ToList(block);
}

// A block that has become free: no free neighbour is left beside it. Returns the block it is part of now.
BlockHeader* BlockHeap::JoinNeighbours(BlockHeader* block) {
  BlockHeader* next = Next(block);
  if (Touches(block, next) && IsFree(next)) JoinWithNext(block);
  BlockHeader* previous = Previous(block);
  if (previous != nullptr && IsFree(previous) && Touches(previous, block)) {
    block = previous;
    JoinWithNext(block);
  }
  if (list_.lowest_free == 0 || block < FromList(list_.lowest_free)) list_.lowest_free = ToList(block);
  if (list_.rover == 0) list_.rover = ToList(block);
  return block;
}

// ---- objects ----

void* BlockHeap::Allocate(size_t size, size_t alignment) {
  if (size > SIZE_MAX / 2) return nullptr;
  const size_t rounded = RoundedSize(size);
  Place place = FindPlace(rounded, alignment < kAlignment ? kAlignment : alignment);
  if (place.block == nullptr) return nullptr;
  Change change(this);
  if (place.front != 0) place.block = Split(place.block, place.front - kHeaderSize);
  CutTail(place.block, rounded);
  MarkUsed(place.block, size);
  BlockHeader* next = Next(place.block);
  if (place.block == FromList(list_.lowest_free) && next != nullptr) list_.lowest_free = ToList(next);
  list_.rover = next != nullptr ? ToList(next) : list_.first;
  return DataOf(place.block);
}

bool BlockHeap::NeighboursAgree(const BlockHeader* block) const {
  const BlockHeader* next = Next(block);
  const BlockHeader* previous = Previous(block);
  if (next == nullptr ? FromList(list_.last) != block : (EndOf(block) > reinterpret_cast<const char*>(next)))
    return false;
  if (next != nullptr && (!Covers(next) || Previous(next) != block)) return false;
  if (previous == nullptr) return FromList(list_.first) == block;
  return Covers(previous) && previous < block && Next(previous) == block;
}

bool BlockHeap::Covers(const void* address) const {
  const BlockHeader* last = FromList(list_.last);
  return last != nullptr && address >= static_cast<const void*>(FromList(list_.first)) &&
         address < static_cast<const void*>(EndOf(last));
}

BlockStatus BlockHeap::Find(const void* data, size_t* usable) const {
  const BlockHeader* block = HeaderOf(data);
  if (reinterpret_cast<uintptr_t>(data) % kAlignment != 0 || !Covers(block)) return BlockStatus::kNotBlock;
  if (block->used == abi::kBlockFree) return BlockStatus::kFreed;
  if (block->used != abi::kBlockUsed) return BlockStatus::kNotBlock;
  if (!NeighboursAgree(block)) return BlockStatus::kDamaged;
  if (usable != nullptr) *usable = block->size;
  return BlockStatus::kDone;
}

BlockStatus BlockHeap::Free(void* data) {
  const BlockStatus status = Find(data, nullptr);
  if (status != BlockStatus::kDone) return status;
  Change change(this);
  BlockHeader* block = HeaderOf(data);
  --list_.used_blocks;
  list_.used_bytes -= block->size;
  list_.padding_bytes -= block->padding;
  list_.free_bytes += block->size;
  block->used = abi::kBlockFree;
  block->padding = 0;
  JoinNeighbours(block);
  return BlockStatus::kDone;
}

// The free neighbour above, if there is one, is taken in whole; then what is too much is cut off again.
BlockStatus BlockHeap::Resize(void* data, size_t size) {
  const BlockStatus status = Find(data, nullptr);
  if (status != BlockStatus::kDone) return status;
  if (size > SIZE_MAX / 2) return BlockStatus::kNoRoom;
  const size_t rounded = RoundedSize(size);
  BlockHeader* block = HeaderOf(data);
  const BlockHeader* next = Next(block);
  const bool can_grow = Touches(block, next) && IsFree(next);
  if (rounded > block->size + (can_grow ? kHeaderSize + next->size : 0)) return BlockStatus::kNoRoom;
  Change change(this);
  --list_.used_blocks;
  list_.used_bytes -= block->size;
  list_.padding_bytes -= block->padding;
  list_.free_bytes += block->size;
  if (can_grow) JoinWithNext(block);
  CutTail(block, rounded);
  BlockHeader* rest = Next(block);
  const bool cut = rest != nullptr && IsFree(rest);
  MarkUsed(block, size);
  // JoinWithNext may have left both hints at this block, which is used.
  if (FromList(list_.lowest_free) == block && rest != nullptr) list_.lowest_free = ToList(rest);
  if (cut && rest < FromList(list_.lowest_free)) list_.lowest_free = ToList(rest);
  return BlockStatus::kDone;
}

// ---- check ----

const char* BlockHeap::Check() const {
  abi::BlockList sum = {};
  bool saw_lowest = list_.lowest_free == 0, saw_rover = list_.rover == 0;
  const BlockHeader* previous = nullptr;
  for (const BlockHeader* block = FromList(list_.first); block != nullptr; previous = block, block = Next(block)) {
    if (block->used != abi::kBlockUsed && !IsFree(block)) return "a header has neither mark";
    if (block->size < kAlignment || block->size % kAlignment != 0) return "a size is no multiple of the alignment";
    if (Previous(block) != previous) return "a link back is wrong";
    if (previous != nullptr && EndOf(previous) > reinterpret_cast<const char*>(block)) return "two blocks overlap";
    if (previous != nullptr && IsFree(previous) && IsFree(block) && Touches(previous, block))
      return "two free blocks touch";
    if (IsFree(block) && block < FromList(list_.lowest_free)) return "a free block lies below the lowest";
    if (block->padding > block->size) return "a padding is larger than its block";
    saw_lowest |= block == FromList(list_.lowest_free);
    saw_rover |= block == FromList(list_.rover);
    ++sum.blocks;
    if (IsFree(block)) {
      sum.free_bytes += block->size;
    } else {
      ++sum.used_blocks;
      sum.used_bytes += block->size;
      sum.padding_bytes += block->padding;
    }
  }
  if (previous != FromList(list_.last)) return "the last block is not the last";
  if (!saw_lowest || !saw_rover) return "a hint points beside the list";
  if (sum.blocks != list_.blocks || sum.used_blocks != list_.used_blocks) return "the number of blocks is wrong";
  if (sum.used_bytes != list_.used_bytes || sum.free_bytes != list_.free_bytes) return "the sum of bytes is wrong";
  if (sum.padding_bytes != list_.padding_bytes) return "the sum of padding is wrong";
  if (list_.mapped_bytes != sum.blocks * kHeaderSize + sum.used_bytes + sum.free_bytes) return "the sum does not close";
  if (list_.sequence % 2 != 0) return "a change has not ended";
  return nullptr;
}

}  // namespace glassheap
