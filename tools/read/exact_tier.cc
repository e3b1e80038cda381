// Tested by tests/tools/read/exact_tier_test.cc.

#include "tools/read/exact_tier.h"

#include <sys/uio.h>

#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace glassheap::tools {
namespace {

constexpr uint32_t kMaxListsBytes = 1 << 20;
constexpr uint64_t kMaxListLength = 1 << 20;  // objects; an honest list is far shorter
constexpr size_t kPointerSize = 8;

struct CacheAddress {
  uint64_t tid;
  uint64_t address;
};

// Everything the reading thread needs, copied: it may outlive its caller.
struct Plan {
  pid_t pid;
  abi::ThreadCacheLayout layout;
  size_t class_count;
  std::vector<CacheAddress> caches;
};

bool IsPlausible(const abi::ThreadCacheLayout& layout, size_t class_count) {
  const auto in_list = [&](uint32_t offset) { return offset <= layout.list_stride - kPointerSize; };
  return layout.list_stride >= 2 * kPointerSize && layout.list_stride <= kMaxListsBytes && in_list(layout.top_offset) &&
         in_list(layout.end_offset) && layout.lists_offset <= kMaxListsBytes &&
         class_count * layout.list_stride <= kMaxListsBytes;
}

std::vector<CacheAddress> CachesOf(const RegionImage& image) {
  const RegionSection& threads = *image.Section(abi::SectionKind::kThreads);
  const RegionCounter* tid = threads.Find("tid");
  const RegionCounter* address = threads.Find("cache_address");
  std::vector<CacheAddress> caches;
  if (tid == nullptr || address == nullptr) return caches;
  for (size_t row = 0; row < threads.row_count; ++row) {
    const CacheAddress cache = {image.Value(threads, row, *tid), image.Value(threads, row, *address)};
    if (cache.tid != 0 && cache.address != 0) caches.push_back(cache);
  }
  return caches;
}

uint64_t PointerAt(const std::vector<std::byte>& bytes, size_t offset) {
  uint64_t pointer;
  std::memcpy(&pointer, bytes.data() + offset, sizeof pointer);
  return pointer;
}

// (end - top) / 8, when that is a length at all.
std::optional<uint64_t> ListLength(uint64_t top, uint64_t end) {
  if (top > end || (end - top) % kPointerSize != 0) return std::nullopt;
  const uint64_t length = (end - top) / kPointerSize;
  return length <= kMaxListLength ? std::optional(length) : std::nullopt;
}

std::optional<ThreadLists> ParseLists(const Plan& plan, uint64_t tid, const std::vector<std::byte>& bytes) {
  ThreadLists lists = {tid, std::vector<uint64_t>(plan.class_count, 0)};
  for (size_t i = 1; i < plan.class_count; ++i) {
    const size_t at = i * plan.layout.list_stride;
    const std::optional<uint64_t> length =
        ListLength(PointerAt(bytes, at + plan.layout.top_offset), PointerAt(bytes, at + plan.layout.end_offset));
    if (!length) return std::nullopt;
    lists.lengths[i] = *length;
  }
  return lists;
}

// Nothing when the process may not be read at all.
std::optional<std::vector<ThreadLists>> ReadAll(const Plan& plan) {
  std::vector<ThreadLists> all;
  std::vector<std::byte> bytes(plan.class_count * plan.layout.list_stride);
  for (const CacheAddress& cache : plan.caches) {
    const iovec local = {bytes.data(), bytes.size()};
    const iovec remote = {reinterpret_cast<void*>(cache.address + plan.layout.lists_offset), bytes.size()};
    const ssize_t got = ::process_vm_readv(plan.pid, &local, 1, &remote, 1, 0);
    if (got < 0 && errno != EFAULT) return std::nullopt;
    if (got != static_cast<ssize_t>(bytes.size())) continue;
    if (std::optional<ThreadLists> lists = ParseLists(plan, cache.tid, bytes)) all.push_back(*std::move(lists));
  }
  return all;
}

// What the two threads share.
struct Mailbox {
  std::mutex mutex;
  std::condition_variable arrived;
  bool done = false;
  std::optional<std::vector<ThreadLists>> lists;
};

}  // namespace

std::optional<std::vector<ThreadLists>> ReadThreadLists(pid_t pid, const RegionImage& image,
                                                        std::chrono::milliseconds deadline) {
  const abi::ThreadCacheLayout& layout = image.header().thread_cache;
  if (!IsPlausible(layout, image.class_count())) return std::nullopt;
  auto mailbox = std::make_shared<Mailbox>();
  std::thread([mailbox, plan = Plan{pid, layout, image.class_count(), CachesOf(image)}] {
    std::optional<std::vector<ThreadLists>> lists = ReadAll(plan);
    const std::lock_guard lock(mailbox->mutex);
    mailbox->lists = std::move(lists);
    mailbox->done = true;
    mailbox->arrived.notify_one();
  }).detach();
  std::unique_lock lock(mailbox->mutex);
  if (!mailbox->arrived.wait_for(lock, deadline, [&] { return mailbox->done; })) return std::nullopt;
  return std::move(mailbox->lists);
}

}  // namespace glassheap::tools
