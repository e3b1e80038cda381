// The block heap's list as it lies in memory: what a tool that looks at it from outside must know (allocator/block).
//
//   BlockList ... | BlockHeader | data .......... | BlockHeader | data | BlockHeader | data ....... |
//                  '-- next ----------------------^
//
// Every link is a distance in bytes from the struct that holds it, so that the list may lie in memory that several
// processes have mapped at different addresses. 0 is no link.
//
// A reader finds the BlockList at the address in the counter block_list of the stats region, and trusts none of it:
// headers go up in address, each has one of the two marks, and sequence tells whether the list changed meanwhile.

#ifndef GLASSHEAP_ALLOCATOR_ABI_BLOCK_LIST_H_
#define GLASSHEAP_ALLOCATOR_ABI_BLOCK_LIST_H_

#include <cstdint>

namespace glassheap::abi {

inline constexpr char kBlockListMagic[8] = {'G', 'L', 'S', 'H', 'B', 'L', 'K', '1'};

// What `used` holds: 64 bits in a row that data hardly ever holds by accident ("USED", "FREE", in memory order).
inline constexpr uint32_t kBlockUsed = 0x44455355;
inline constexpr uint32_t kBlockFree = 0x45455246;

// Data is aligned to, and sized in multiples of, so many bytes: malloc's promise for every type.
inline constexpr uint64_t kBlockAlignment = 16;

struct BlockHeader {
  uint64_t size;     // bytes of data behind the header, padding included
  uint32_t used;     // kBlockUsed or kBlockFree
  uint32_t padding;  // of a used block: bytes at the end of its data that nobody asked for
  int64_t next;      // from this header to the next in address order
  int64_t previous;  // the same, back: negative
};
static_assert(sizeof(BlockHeader) % kBlockAlignment == 0);

enum class BlockFit : uint32_t { kFirst = 1, kNext = 2, kBest = 3 };

struct BlockList {
  char magic[8];
  uint64_t sequence;  // odd while the list is being changed
  int64_t first;      // from this struct to the lowest header; may be negative
  int64_t last;
  int64_t lowest_free;   // no free block is below it: where first and best fit begin
  int64_t rover;         // where next fit goes on
  uint64_t blocks;       // free ones and used ones
  uint64_t used_blocks;  //
  uint64_t used_bytes;   // data of used blocks, padding included
  uint64_t padding_bytes;
  uint64_t free_bytes;    // data of free blocks
  uint64_t mapped_bytes;  // memory that was given: headers and data
  BlockFit fit;
  uint32_t reserved;
};
static_assert(sizeof(BlockList) % 8 == 0);

}  // namespace glassheap::abi

#endif  // GLASSHEAP_ALLOCATOR_ABI_BLOCK_LIST_H_
