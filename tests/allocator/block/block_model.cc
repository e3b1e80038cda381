#include "tests/allocator/block/block_model.h"

#include <algorithm>

namespace glassheap::testing {
namespace {

constexpr size_t kHeader = 32;
constexpr size_t kLeast = 48;  // a header and 16 bytes

size_t Rounded(size_t size) { return std::max<size_t>(16, (size + 15) / 16 * 16); }

}  // namespace

void BlockModel::AddMemory(size_t start, size_t bytes) {
  const Block block = {start, bytes / 16 * 16 - kHeader, false, 0};
  const auto at = std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& b) { return b.start > start; });
  if (blocks_.empty()) rover_ = start;
  blocks_.insert(at, block);
  JoinAll();
}

size_t BlockModel::IndexOf(size_t data) const {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].data() == data) return i;
  }
  return blocks_.size();
}

std::vector<size_t> BlockModel::LiveData() const {
  std::vector<size_t> live;
  for (const Block& block : blocks_) {
    if (block.used) live.push_back(block.data());
  }
  return live;
}

// The least front that aligns the data and is nothing, or a block.
std::optional<size_t> BlockModel::FrontOf(const Block& block, size_t size, size_t alignment) const {
  if (block.used) return std::nullopt;
  for (size_t front = 0; front + size <= block.size; front += 16) {
    if ((block.data() + front) % alignment == 0 && (front == 0 || front >= kLeast)) return front;
  }
  return std::nullopt;
}

std::optional<size_t> BlockModel::Find(size_t size, size_t alignment) const {
  std::vector<size_t> order;
  for (size_t i = 0; i < blocks_.size(); ++i) order.push_back(i);
  if (fit_ == abi::BlockFit::kNext) {
    std::stable_partition(order.begin(), order.end(), [&](size_t i) { return blocks_[i].start >= rover_; });
  }
  if (fit_ == abi::BlockFit::kBest) {
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return blocks_[a].size < blocks_[b].size; });
  }
  for (const size_t i : order) {
    if (FrontOf(blocks_[i], size, alignment)) return i;
  }
  return std::nullopt;
}

void BlockModel::SplitAt(size_t index, size_t size) {
  Block& block = blocks_[index];
  const Block rest = {block.data() + size, block.size - size - kHeader, false, 0};
  block.size = size;
  blocks_.insert(blocks_.begin() + static_cast<ptrdiff_t>(index) + 1, rest);
}

// Cuts what is too much off a free block, and marks it used.
void BlockModel::Use(size_t index, size_t size) {
  if (blocks_[index].size >= Rounded(size) + kLeast) SplitAt(index, Rounded(size));
  blocks_[index].used = true;
  blocks_[index].padding = blocks_[index].size - size;
}

std::optional<size_t> BlockModel::Allocate(size_t size, size_t alignment) {
  std::optional<size_t> found = Find(Rounded(size), std::max<size_t>(16, alignment));
  if (!found) return std::nullopt;
  size_t index = *found;
  if (const size_t front = *FrontOf(blocks_[index], Rounded(size), std::max<size_t>(16, alignment))) {
    SplitAt(index, front - kHeader);
    ++index;
  }
  Use(index, size);
  rover_ = blocks_[index + 1 < blocks_.size() ? index + 1 : 0].start;
  return blocks_[index].data();
}

void BlockModel::JoinAll() {
  for (size_t i = 0; i + 1 < blocks_.size();) {
    Block& block = blocks_[i];
    const Block next = blocks_[i + 1];
    if (block.used || next.used || block.end() != next.start) {
      ++i;
      continue;
    }
    block.size = next.end() - block.data();
    if (rover_ == next.start) rover_ = block.start;
    blocks_.erase(blocks_.begin() + static_cast<ptrdiff_t>(i) + 1);
  }
}

void BlockModel::Free(size_t data) {
  Block& block = blocks_[IndexOf(data)];
  block.used = false;
  block.padding = 0;
  JoinAll();
}

bool BlockModel::Resize(size_t data, size_t size) {
  const size_t index = IndexOf(data);
  Block& block = blocks_[index];
  const bool has_next = index + 1 < blocks_.size();
  const bool can_grow = has_next && !blocks_[index + 1].used && blocks_[index + 1].start == block.end();
  const size_t room = can_grow ? blocks_[index + 1].end() - block.data() : block.size;
  if (Rounded(size) > room) return false;
  if (can_grow) {
    if (rover_ == blocks_[index + 1].start) rover_ = block.start;
    blocks_.erase(blocks_.begin() + static_cast<ptrdiff_t>(index) + 1);
  }
  blocks_[index].size = room;
  blocks_[index].used = false;
  Use(index, size);
  return true;
}

}  // namespace glassheap::testing
