// The block heap's list, read out of a running process (allocator/block). Needs the right to attach (process_vm_readv).
//
// The process goes on meanwhile and may be hostile: memory is copied in pieces, each header is checked before it is
// believed, headers must go up in address, their number is bounded, and the reading is done by a thread of its own that
// is given up at a deadline, as in exact_tier.h.

#ifndef GLASSHEAP_TOOLS_READ_BLOCK_LIST_H_
#define GLASSHEAP_TOOLS_READ_BLOCK_LIST_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "allocator/abi/block_list.h"
#include "tools/read/region_image.h"
#include "tools/read/result.h"

namespace glassheap::tools {

struct Block {
  uint64_t address = 0;  // of its header
  uint64_t size = 0;     // of its data
  uint64_t padding = 0;  // of that: nobody asked for it
  bool used = false;

  uint64_t end() const { return address + sizeof(abi::BlockHeader) + size; }
};

struct BlockListImage {
  abi::BlockFit fit = abi::BlockFit::kFirst;
  std::vector<Block> blocks;  // in address order
  bool complete = true;       // to the end of the list, as far as can be told
  bool moved = false;         // it changed while it was read
  std::string problem;        // why it is not complete
};

inline constexpr size_t kMaxBlocks = size_t{1} << 20;
inline constexpr std::chrono::milliseconds kBlockListDeadline{2000};
inline constexpr int kBlockListTries = 5;  // before a list that moves is taken as it is

// Where memory is read from: returns the bytes it could copy from `address` on, at most `size`; 0 when none. For tests.
using MemoryReader = size_t (*)(pid_t pid, uint64_t address, void* to, size_t size);

// The list whose BlockList is at `address`. An error when there is none, or nothing can be read.
Result<BlockListImage> WalkBlockList(pid_t pid, uint64_t address, MemoryReader read, size_t max_blocks = kMaxBlocks);

// The same, of the process whose region is `image`, with the deadline. Errors say what to do.
Result<BlockListImage> ReadBlockList(pid_t pid, const RegionImage& image,
                                     std::chrono::milliseconds deadline = kBlockListDeadline);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_BLOCK_LIST_H_
