// The heap every textbook starts with: memory cut into blocks, each with a header in front, all in one list.
//
//   | size used next | data, padding | size used next | data ............ |
//
// Allocate looks for a free block that is large enough (first, next or best fit), cuts off what is left over, and marks
// it used. Free marks it free and joins it with its neighbours, so that two free blocks never touch.
//
// The memory is the caller's: an array, an arena, a mapping shared with other processes (Create puts the list into it,
// and every link is relative). More may be added while it is in use.
//
// Thread safety: none; the caller has a lock, in shared memory one that works there. Calls nothing, not even malloc.
//
// Invariants, which Check() walks the list for:
//   (1) Headers go up in address. A block ends where the next begins, or there is memory of others in between.
//   (2) Two free blocks never touch.
//   (3) mapped_bytes = blocks x header + used_bytes + free_bytes, each counted for itself.
//   (4) Data is aligned to 16 bytes and a multiple of 16 long, at least 16.
//   (5) No free block lies below lowest_free; lowest_free and rover are blocks of the list.

#ifndef GLASSHEAP_ALLOCATOR_BLOCK_BLOCK_HEAP_H_
#define GLASSHEAP_ALLOCATOR_BLOCK_BLOCK_HEAP_H_

#include <cstddef>
#include <cstdint>

#include "allocator/abi/block_list.h"

namespace glassheap {

using abi::BlockFit;
using abi::BlockHeader;

enum class BlockStatus {
  kDone,
  kNoRoom,    // Resize: it does not fit where it is
  kNotBlock,  // the pointer is not one that Allocate returned
  kFreed,     // it was, and the block is free
  kDamaged,   // its header and its neighbours' disagree: somebody wrote past the end of an object
};

class BlockHeap {
 public:
  static constexpr size_t kHeaderSize = sizeof(BlockHeader);
  static constexpr size_t kAlignment = abi::kBlockAlignment;
  // The least that is worth a block of its own: what is left over below this stays with the block that was cut.
  static constexpr size_t kMinBlock = kHeaderSize + kAlignment;

  constexpr explicit BlockHeap(BlockFit fit) { list_.fit = fit; }
  BlockHeap(const BlockHeap&) = delete;
  BlockHeap& operator=(const BlockHeap&) = delete;

  // A heap inside `buffer`, list and all. nullptr: the buffer is too small for one block. There is nothing to destroy.
  static BlockHeap* Create(void* buffer, size_t bytes, BlockFit fit);

  // More memory, as one free block that joins what it touches. False: too small to be of use. REQUIRES: it is not the
  // heap's already.
  bool AddMemory(void* start, size_t bytes);

  // nullptr: no free block is large enough. REQUIRES: alignment is a power of two.
  void* Allocate(size_t size, size_t alignment = kAlignment);

  // What is not kDone has changed nothing.
  BlockStatus Free(void* data);

  // Makes the object larger or smaller where it is.
  BlockStatus Resize(void* data, size_t size);

  // kDone if data is an object; `usable`, which may be nullptr, is then the bytes it may use.
  BlockStatus Find(const void* data, size_t* usable) const;

  // True if the address is in the memory between the first header and the end of the last block.
  bool Covers(const void* address) const;

  // What is wrong with the list, or nullptr.
  const char* Check() const;

  const abi::BlockList& list() const { return list_; }
  void set_fit(BlockFit fit) { list_.fit = fit; }

  // What Allocate would need of fresh memory for a request. REQUIRES: size and alignment are at most PTRDIFF_MAX / 4.
  static size_t MemoryFor(size_t size, size_t alignment) { return RoundedSize(size) + alignment + 2 * kMinBlock; }

 private:
  struct Place {
    BlockHeader* block = nullptr;
    size_t front = 0;  // bytes of its data that are left free before the aligned object
  };
  class Change;

  static constexpr abi::BlockList kEmptyList = {
      {'G', 'L', 'S', 'H', 'B', 'L', 'K', '1'}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, BlockFit::kFirst, 0};

  static size_t RoundedSize(size_t size);
  static bool Fits(const BlockHeader* block, size_t size, size_t alignment, size_t* front);

  BlockHeader* FromList(int64_t distance) const;
  int64_t ToList(const BlockHeader* block) const;

  Place FindPlace(size_t size, size_t alignment) const;
  Place FirstFit(BlockHeader* from, const BlockHeader* until, size_t size, size_t alignment) const;
  Place BestFit(size_t size, size_t alignment) const;

  void Link(BlockHeader* previous, BlockHeader* block, BlockHeader* next);
  BlockHeader* LastBelow(const void* address) const;
  BlockHeader* Split(BlockHeader* block, size_t size);
  void CutTail(BlockHeader* block, size_t size);
  void MarkUsed(BlockHeader* block, size_t requested);
  BlockHeader* JoinNeighbours(BlockHeader* block);
  void JoinWithNext(BlockHeader* block);
  bool NeighboursAgree(const BlockHeader* block) const;

  abi::BlockList list_ = kEmptyList;
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BLOCK_BLOCK_HEAP_H_
