#include "allocator/base/metadata_arena.h"

#include <bit>
#include <cstring>

#include "allocator/base/check.h"
#include "allocator/base/os_memory.h"

namespace glassheap {

size_t MetadataArena::BlockSize(size_t size) { return std::bit_ceil(size < kMinBlock ? kMinBlock : size); }

size_t MetadataArena::Bucket(size_t block_size) {
  return static_cast<size_t>(std::countr_zero(block_size) - std::countr_zero(kMinBlock));
}

// Cuts what is left of the chunk into free blocks, largest first, so that nothing is lost.
void MetadataArena::CutUpRest() {
  while (left_ >= kMinBlock) {
    size_t block = std::bit_floor(left_ < kMaxBlock ? left_ : kMaxBlock);
    // Blocks keep their alignment of min(size, 64).
    while (block > kMinBlock && reinterpret_cast<uintptr_t>(next_) % (block < 64 ? block : 64) != 0) block /= 2;
    FreeBlock* rest = reinterpret_cast<FreeBlock*>(next_);
    rest->next = free_[Bucket(block)];
    free_[Bucket(block)] = rest;
    next_ += block;
    left_ -= block;
  }
}

// In the area, or anywhere; nullptr: no memory.
char* MetadataArena::MapChunk(size_t size) {
  if (static_cast<size_t>(area_end_ - area_) >= size) {
    const os::Outcome outcome = os::MapAt(area_, size);
    if (outcome == os::Outcome::kDone) {
      char* chunk = area_;
      area_ += size;
      return chunk;
    }
    if (outcome == os::Outcome::kTaken) area_ = area_end_;  // somebody else lives there: leave it to him
  }
  return static_cast<char*>(os::MapAnywhere(size));
}

bool MetadataArena::NewChunk() {
  for (size_t size = mapped_ == 0 ? kFirstChunk : kChunk; size >= kMaxBlock; size /= 4) {
    char* const chunk = MapChunk(size);
    if (chunk == nullptr) continue;
    mapped_ += size;
    if (left_ > 0 && chunk == next_ + left_) {  // it goes on where the last one ends
      left_ += size;
      return true;
    }
    CutUpRest();
    next_ = chunk;
    left_ = size;
    return true;
  }
  return false;
}

void MetadataArena::AddChunk(void* chunk, size_t size) {
  CutUpRest();
  memset(chunk, 0, size);
  next_ = static_cast<char*>(chunk);
  left_ = size;
  mapped_ += size;
}

void* MetadataArena::Allocate(size_t size) {
  GH_DCHECK(size > 0 && size <= kMaxBlock);
  const size_t block_size = BlockSize(size);
  FreeBlock*& head = free_[Bucket(block_size)];
  if (head != nullptr) {
    FreeBlock* block = head;
    head = block->next;
    in_use_ += block_size;
    memset(static_cast<void*>(block), 0, block_size);
    return block;
  }
  const size_t align = block_size < 64 ? block_size : 64;
  const size_t pad = (align - reinterpret_cast<uintptr_t>(next_) % align) % align;
  if (left_ < pad + block_size) {
    if (!NewChunk()) return nullptr;
    return Allocate(size);
  }
  // Padding goes to the smallest bucket in pieces of 16: nothing is smaller than that.
  for (size_t i = 0; i < pad; i += kMinBlock) {
    FreeBlock* piece = reinterpret_cast<FreeBlock*>(next_ + i);
    piece->next = free_[0];
    free_[0] = piece;
  }
  char* block = next_ + pad;
  next_ = block + block_size;
  left_ -= pad + block_size;
  in_use_ += block_size;
  return block;
}

void MetadataArena::Free(void* block, size_t size) {
  const size_t block_size = BlockSize(size);
  FreeBlock* free_block = static_cast<FreeBlock*>(block);
  FreeBlock*& head = free_[Bucket(block_size)];
  free_block->next = head;
  head = free_block;
  in_use_ -= block_size;
}

}  // namespace glassheap
