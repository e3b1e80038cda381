// Tested by tests/tools/read/block_list_test.cc.

#include "tools/read/block_list.h"

#include <sys/uio.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace glassheap::tools {
namespace {

using abi::BlockHeader;
using abi::BlockList;

constexpr size_t kChunk = size_t{64} << 10;          // small blocks come by hundreds
constexpr uint64_t kMaxAddress = uint64_t{1} << 57;  // user space, with five levels of page tables
constexpr uint64_t kMaxPadding = uint64_t{1} << 20;

size_t ReadProcess(pid_t pid, uint64_t address, void* to, size_t size) {
  const iovec local = {to, size};
  const iovec remote = {reinterpret_cast<void*>(address), size};
  const ssize_t got = ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
  return got < 0 ? 0 : static_cast<size_t>(got);
}

// Memory of the process by pieces: what was read last is at hand.
class Window {
 public:
  Window(pid_t pid, MemoryReader read) : pid_(pid), read_(read), bytes_(kChunk) {}

  template <typename T>
  std::optional<T> Get(uint64_t address) {
    if (address < start_ || address + sizeof(T) > start_ + size_) {
      start_ = address;
      size_ = read_(pid_, address, bytes_.data(), bytes_.size());
      // A read that leaves the mapping may give nothing at all.
      if (size_ < sizeof(T)) size_ = read_(pid_, address, bytes_.data(), sizeof(T));
      if (size_ < sizeof(T)) return std::nullopt;
    }
    T value;
    std::memcpy(&value, bytes_.data() + (address - start_), sizeof value);
    return value;
  }

 private:
  pid_t pid_;
  MemoryReader read_;
  std::vector<std::byte> bytes_;
  uint64_t start_ = 0;
  uint64_t size_ = 0;
};

std::optional<BlockList> ReadHead(pid_t pid, uint64_t address, MemoryReader read) {
  BlockList head;
  if (read(pid, address, &head, sizeof head) != sizeof head) return std::nullopt;
  return head;
}

bool IsList(const BlockList& head) { return std::memcmp(head.magic, abi::kBlockListMagic, sizeof head.magic) == 0; }

// What is wrong with a header, or nullptr.
const char* WrongWith(const BlockHeader& header, uint64_t address) {
  if (header.used != abi::kBlockUsed && header.used != abi::kBlockFree) return "a header has neither mark";
  if (header.size > kMaxAddress || address + sizeof header + header.size > kMaxAddress) return "a size is absurd";
  if (header.padding > header.size || header.padding > kMaxPadding) return "a padding is absurd";
  if (header.next < 0 || static_cast<uint64_t>(header.next) > kMaxAddress) return "the list goes backwards";
  if (header.next != 0 && static_cast<uint64_t>(header.next) < sizeof header + header.size) return "two blocks overlap";
  return nullptr;
}

BlockListImage WalkOnce(pid_t pid, uint64_t address, const BlockList& head, MemoryReader read, size_t max_blocks) {
  BlockListImage image;
  image.fit = head.fit;
  Window window(pid, read);
  uint64_t at = head.first == 0 ? 0 : address + static_cast<uint64_t>(head.first);
  const auto stop = [&image](const char* why) {
    image.complete = false;
    image.problem = why;
  };
  while (at != 0) {
    if (image.blocks.size() == max_blocks) return stop("it is longer than we read"), image;
    if (at > kMaxAddress) return stop("a link leads nowhere"), image;
    const std::optional<BlockHeader> header = window.Get<BlockHeader>(at);
    if (!header) return stop("a header cannot be read"), image;
    if (const char* wrong = WrongWith(*header, at)) return stop(wrong), image;
    const bool used = header->used == abi::kBlockUsed;
    image.blocks.push_back({at, header->size, used ? header->padding : 0, used});
    at = header->next == 0 ? 0 : at + static_cast<uint64_t>(header->next);
  }
  return image;
}

struct Mailbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Result<BlockListImage>> image;
};

}  // namespace

// A list that nobody changed while it was read is what it was; of one that never rests the last try is shown, as far as
// it goes.
Result<BlockListImage> WalkBlockList(pid_t pid, uint64_t address, MemoryReader read, size_t max_blocks) {
  BlockListImage image;
  for (int i = 0; i < kBlockListTries; ++i) {
    const std::optional<BlockList> before = ReadHead(pid, address, read);
    if (!before) {
      return Error{"block list", "its memory may not be read: be root, the same user, or have CAP_SYS_PTRACE"};
    }
    if (!IsList(*before)) return UnreadableRegion("what it calls its block list is none");
    image = WalkOnce(pid, address, *before, read, max_blocks);
    const std::optional<BlockList> after = ReadHead(pid, address, read);
    image.moved = !after || after->sequence != before->sequence || before->sequence % 2 != 0;
    if (!image.moved) break;
  }
  return image;
}

Result<BlockListImage> ReadBlockList(pid_t pid, const RegionImage& image, std::chrono::milliseconds deadline) {
  const RegionSection& global = *image.Section(abi::SectionKind::kGlobal);
  const RegionCounter* counter = global.Find("block_list");
  const uint64_t address = counter == nullptr ? 0 : image.Value(global, 0, *counter);
  if (address == 0 || address > kMaxAddress) {
    return Error{"--blocks",
                 "its heap is not the block heap; start it with `memstat run --allocator block -- COMMAND`"};
  }
  auto mailbox = std::make_shared<Mailbox>();
  std::thread([mailbox, pid, address] {
    Result<BlockListImage> read = WalkBlockList(pid, address, &ReadProcess);
    const std::lock_guard lock(mailbox->mutex);
    mailbox->image = std::move(read);
    mailbox->arrived.notify_one();
  }).detach();
  std::unique_lock lock(mailbox->mutex);
  if (!mailbox->arrived.wait_for(lock, deadline, [&] { return mailbox->image.has_value(); })) {
    return Error{"block list", "it could not be read in time"};
  }
  return *std::move(mailbox->image);
}

}  // namespace glassheap::tools
