// What the block heap must do, said a second time as simply as possible: a sorted list of blocks by offset, no headers in
// memory, no links, no hints.

#ifndef GLASSHEAP_TESTS_ALLOCATOR_BLOCK_BLOCK_MODEL_H_
#define GLASSHEAP_TESTS_ALLOCATOR_BLOCK_BLOCK_MODEL_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "allocator/abi/block_list.h"

namespace glassheap::testing {

class BlockModel {
 public:
  struct Block {
    size_t start;  // of its header
    size_t size;   // of its data
    bool used;
    size_t padding;
    size_t data() const { return start + sizeof(abi::BlockHeader); }
    size_t end() const { return data() + size; }
    bool operator==(const Block&) const = default;
  };

  explicit BlockModel(abi::BlockFit fit) : fit_(fit) {}

  void AddMemory(size_t start, size_t bytes);
  // The offset of the data; alignment is of offsets, so offset 0 must be aligned to all that is asked for.
  std::optional<size_t> Allocate(size_t size, size_t alignment);
  void Free(size_t data);
  bool Resize(size_t data, size_t size);

  const std::vector<Block>& blocks() const { return blocks_; }
  std::vector<size_t> LiveData() const;

 private:
  size_t IndexOf(size_t data) const;
  std::optional<size_t> FrontOf(const Block& block, size_t size, size_t alignment) const;
  std::optional<size_t> Find(size_t size, size_t alignment) const;
  void SplitAt(size_t index, size_t size);
  void Use(size_t index, size_t size);
  void JoinAll();

  abi::BlockFit fit_;
  std::vector<Block> blocks_;
  size_t rover_ = 0;  // start of the block where next fit goes on
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_ALLOCATOR_BLOCK_BLOCK_MODEL_H_
