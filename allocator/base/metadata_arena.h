// Memory for the allocator's own structures: spans, thread caches, free lists, bitmaps. Out of line, so that an overflow
// or a write after free in the program's objects does not reach it.
//
// Thread safety: none of its own; every method REQUIRES the page heap's lock.
//
// Invariants:
//   (1) mapped() = in_use() + slack(), always.
//   (2) Blocks are powers of two from 16 bytes, so a freed block fits any later request of its size.
//   (3) Memory is zero when first handed out; a reused block is zeroed by Allocate.
//   (4) Chunks are never unmapped: a racy reader (a debugger, a stale pointer) never faults.

#ifndef GLASSHEAP_ALLOCATOR_BASE_METADATA_ARENA_H_
#define GLASSHEAP_ALLOCATOR_BASE_METADATA_ARENA_H_

#include <cstddef>

#include "allocator/base/types.h"

namespace glassheap {

class MetadataArena {
 public:
  static constexpr size_t kMinBlock = 16;
  static constexpr size_t kMaxBlock = 64 * kKiB;

  constexpr MetadataArena() = default;
  MetadataArena(const MetadataArena&) = delete;
  MetadataArena& operator=(const MetadataArena&) = delete;

  // Where to grow from now on, upwards, as long as there is room; elsewhere when not. REQUIRES: a multiple of the
  // system's page.
  void SetArea(char* begin, char* end) {
    area_ = begin;
    area_end_ = end;
  }

  // Zeroed memory of at least `size` bytes, aligned to min(block size, 64). nullptr when the kernel has no more.
  // REQUIRES: 0 < size <= kMaxBlock.
  void* Allocate(size_t size);

  // REQUIRES: `block` came from Allocate(size) with the same size.
  void Free(void* block, size_t size);

  // Takes memory that was mapped by somebody else and is the arena's from now on; it counts as mapped.
  void AddChunk(void* chunk, size_t size);

  size_t mapped() const { return mapped_; }
  size_t in_use() const { return in_use_; }
  size_t slack() const { return mapped_ - in_use_; }

  // Bytes Allocate takes for a request.
  static size_t BlockSize(size_t size);

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  static constexpr size_t kBuckets = 13;  // 16 bytes to 64 KiB
  static constexpr size_t kFirstChunk = 128 * kKiB;
  static constexpr size_t kChunk = 256 * kKiB;

  static size_t Bucket(size_t block_size);
  bool NewChunk();
  char* MapChunk(size_t size);
  void CutUpRest();

  char* next_ = nullptr;
  size_t left_ = 0;
  char* area_ = nullptr;
  char* area_end_ = nullptr;
  size_t mapped_ = 0;
  size_t in_use_ = 0;
  FreeBlock* free_[kBuckets] = {};
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_METADATA_ARENA_H_
