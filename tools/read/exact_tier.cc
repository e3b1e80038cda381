// Tested by tests/tools/read/exact_tier_test.cc.

#include "tools/read/exact_tier.h"

#include <cstddef>
#include <cstring>
#include <utility>

#include "tools/read/remote_memory.h"

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
  RemoteMemory memory(plan.pid);
  for (const CacheAddress& cache : plan.caches) {
    const bool got = memory.Read(cache.address + plan.layout.lists_offset, bytes.data(), bytes.size());
    if (memory.denied()) return std::nullopt;
    if (!got) continue;
    if (std::optional<ThreadLists> lists = ParseLists(plan, cache.tid, bytes)) all.push_back(*std::move(lists));
  }
  return all;
}

}  // namespace

std::optional<std::vector<ThreadLists>> ReadThreadLists(pid_t pid, const RegionImage& image,
                                                        std::chrono::milliseconds deadline) {
  const abi::ThreadCacheLayout& layout = image.header().thread_cache;
  if (!IsPlausible(layout, image.class_count())) return std::nullopt;
  return WithinDeadline<std::vector<ThreadLists>>(
      deadline, [plan = Plan{pid, layout, image.class_count(), CachesOf(image)}] { return ReadAll(plan); });
}

}  // namespace glassheap::tools
