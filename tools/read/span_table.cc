// Tested by tests/tools/read/span_table_test.cc.

#include "tools/read/span_table.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "tools/read/remote_memory.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kMaxStructure = 4096;      // bytes of a span's descriptor, or of a central cache
constexpr uint64_t kMaxListLength = 1 << 20;  // objects; an honest list is far shorter
constexpr uint64_t kPointer = sizeof(uint64_t);

abi::LayoutRow ReadLayout(const RegionImage& image) {
  abi::LayoutRow row = {};
  const RegionSection* section = image.Section(abi::SectionKind::kLayout);
  if (section == nullptr || section->row_count == 0) return row;
#define GLASSHEAP_LAYOUT(name, kind, unit, help) \
  if (const RegionCounter* counter = section->Find(#name)) row.name = image.Value(*section, 0, *counter);
#include "allocator/abi/stats.def"
  return row;
}

bool IsPlausible(const abi::LayoutRow& layout) {
  const auto in_span = [&](uint64_t offset, uint64_t size) { return offset <= layout.span_size - size; };
  const auto in_central = [&](uint64_t offset) { return offset <= layout.central_stride - kPointer; };
  return layout.page_map_limit != 0 && layout.page_map_spans != 0 && layout.span_size >= kPointer &&
         layout.span_size <= kMaxStructure && in_span(layout.span_first_page, 4) &&
         in_span(layout.span_page_count, 4) && in_span(layout.span_free_bits, 8) && in_span(layout.span_capacity, 2) &&
         in_span(layout.span_fresh, 2) && in_span(layout.span_first_object, 2) && in_span(layout.span_size_class, 1) &&
         in_span(layout.span_state, 1) && in_span(layout.span_cached, 1) && layout.central_stride >= kPointer &&
         layout.central_stride <= kMaxStructure && in_central(layout.central_transfer) &&
         in_central(layout.central_transfer_objects);
}

// Everything the reading thread needs, copied: it may outlive its caller.
struct Plan {
  pid_t pid = 0;
  abi::LayoutRow layout = {};
  abi::ThreadCacheLayout thread_cache = {};
  uint64_t class_count = 0;
  uint64_t heap_base = 0;
  uint64_t page_size = 0;
  std::vector<uint64_t> caches;
};

template <typename T>
T Load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
std::byte* Bytes(std::vector<T>& items) {
  return reinterpret_cast<std::byte*>(items.data());
}

class TableReader {
 public:
  explicit TableReader(const Plan& plan) : plan_(plan), memory_(plan.pid) {
    table_.heap_base = plan.heap_base;
    table_.page_size = plan.page_size;
  }

  std::optional<SpanTable> Run() {
    if (!ReadPageMap()) return std::nullopt;
    ReadDescriptors();
    TakeSpans();
    ReadBits();
    ReadThreadCaches();
    ReadTransferCaches();
    if (memory_.denied()) return std::nullopt;
    return std::move(table_);
  }

 private:
  bool ReadPageMap() {
    uint64_t pages = 0;
    if (!memory_.Read(plan_.layout.page_map_limit, &pages, sizeof pages) || pages > kMaxTablePages) return false;
    table_.pages = pages;
    by_page_.resize(pages);
    table_.resident.resize((pages + 63) / 64);
    return memory_.Read(plan_.layout.page_map_spans, by_page_.data(), pages * kPointer) &&
           memory_.Read(plan_.layout.page_map_resident, table_.resident.data(), table_.resident.size() * kPointer);
  }

  // Descriptors lie side by side in the arena: they are read in runs, each pointer once.
  void ReadDescriptors() {
    pointers_ = by_page_;
    std::ranges::sort(pointers_);
    pointers_.erase(std::unique(pointers_.begin(), pointers_.end()), pointers_.end());
    if (!pointers_.empty() && pointers_.front() == 0) pointers_.erase(pointers_.begin());
    const uint64_t size = plan_.layout.span_size;
    descriptors_.assign(pointers_.size() * size, std::byte{0});
    std::vector<RemotePiece> pieces;
    for (size_t i = 0; i < pointers_.size(); ++i) {
      if (!pieces.empty() && pieces.back().address + pieces.back().size == pointers_[i]) {
        pieces.back().size += size;
      } else {
        pieces.push_back({pointers_[i], size, descriptors_.data() + i * size});
      }
    }
    memory_.ReadMany(pieces);
  }

  const std::byte* DescriptorAt(uint64_t pointer) const {
    const auto found = std::ranges::lower_bound(pointers_, pointer);
    if (found == pointers_.end() || *found != pointer) return nullptr;
    return descriptors_.data() + static_cast<size_t>(found - pointers_.begin()) * plan_.layout.span_size;
  }

  SpanRecord Parse(const std::byte* descriptor) const {
    const abi::LayoutRow& layout = plan_.layout;
    SpanRecord span;
    span.first_page = Load<uint32_t>(descriptor + layout.span_first_page);
    span.page_count = Load<uint32_t>(descriptor + layout.span_page_count);
    span.capacity = Load<uint16_t>(descriptor + layout.span_capacity);
    span.fresh = std::min(Load<uint16_t>(descriptor + layout.span_fresh), span.capacity);
    span.first_object = Load<uint16_t>(descriptor + layout.span_first_object);
    span.size_class = Load<uint8_t>(descriptor + layout.span_size_class);
    span.use = static_cast<SpanUse>(Load<uint8_t>(descriptor + layout.span_state));
    span.cached = Load<uint8_t>(descriptor + layout.span_cached) != 0;
    return span;
  }

  // The entry of a page is stale unless it leads to a span that begins there.
  void TakeSpans() {
    for (uint64_t page = 0; page < table_.pages;) {
      const std::byte* descriptor = DescriptorAt(by_page_[page]);
      const SpanRecord span = descriptor != nullptr ? Parse(descriptor) : SpanRecord();
      const bool begins_here = descriptor != nullptr && span.first_page == page && span.page_count > 0 &&
                               span.page_count <= table_.pages - page && span.use <= SpanUse::kMetadata;
      if (!begins_here) {
        ++page;
        continue;
      }
      table_.spans.push_back(span);
      bit_pointers_.push_back(Load<uint64_t>(descriptor + plan_.layout.span_free_bits));
      page += span.page_count;
    }
  }

  void ReadBits() {
    std::vector<RemotePiece> pieces;
    for (SpanRecord& span : table_.spans) {
      if (span.use != SpanUse::kSmall) continue;
      span.bits_at = static_cast<uint32_t>(table_.bits.size());
      table_.bits.resize(table_.bits.size() + (span.capacity + 63u) / 64);
    }
    for (size_t i = 0; i < table_.spans.size(); ++i) {
      const SpanRecord& span = table_.spans[i];
      // Only words of slots that were used: the others may have no page behind them, and reading would make one.
      const size_t words = (span.fresh + 63u) / 64;
      if (span.use != SpanUse::kSmall || words == 0) continue;
      pieces.push_back({bit_pointers_[i], words * kPointer, Bytes(table_.bits) + span.bits_at * kPointer});
    }
    memory_.ReadMany(pieces);
  }

  // Lists of pointers there, read into one sorted array.
  void ReadPointers(const std::vector<std::pair<uint64_t, uint64_t>>& lists, std::vector<uint64_t>& to) {
    size_t total = 0;
    for (const auto& [address, length] : lists) total += length;
    if (total > kMaxCachedObjects) return;
    to.assign(total, 0);
    std::vector<RemotePiece> pieces;
    size_t at = 0;
    for (const auto& [address, length] : lists) {
      pieces.push_back({address, length * kPointer, Bytes(to) + at * kPointer});
      at += length;
    }
    memory_.ReadMany(pieces);
    std::ranges::sort(to);
    to.erase(std::unique(to.begin(), to.end()), to.end());
    if (!to.empty() && to.front() == 0) to.erase(to.begin());
  }

  void ReadThreadCaches() {
    const abi::ThreadCacheLayout& layout = plan_.thread_cache;
    std::vector<std::byte> bytes(plan_.class_count * layout.list_stride);
    std::vector<std::pair<uint64_t, uint64_t>> lists;
    for (const uint64_t cache : plan_.caches) {
      if (!memory_.Read(cache + layout.lists_offset, bytes.data(), bytes.size())) continue;
      for (uint64_t i = 1; i < plan_.class_count; ++i) {
        const std::byte* list = bytes.data() + i * layout.list_stride;
        const uint64_t top = Load<uint64_t>(list + layout.top_offset);
        const uint64_t end = Load<uint64_t>(list + layout.end_offset);
        if (top < end && (end - top) / kPointer <= kMaxListLength) lists.emplace_back(top, (end - top) / kPointer);
      }
    }
    ReadPointers(lists, table_.thread_cached);
  }

  void ReadTransferCaches() {
    const abi::LayoutRow& layout = plan_.layout;
    std::vector<std::byte> bytes(plan_.class_count * layout.central_stride);
    std::vector<std::pair<uint64_t, uint64_t>> lists;
    if (!memory_.Read(layout.central_address, bytes.data(), bytes.size())) return;
    for (uint64_t i = 1; i < plan_.class_count; ++i) {
      const std::byte* central = bytes.data() + i * layout.central_stride;
      const uint64_t array = Load<uint64_t>(central + layout.central_transfer);
      const uint64_t length = Load<uint64_t>(central + layout.central_transfer_objects);
      if (array != 0 && length > 0 && length <= kMaxListLength) lists.emplace_back(array, length);
    }
    std::vector<uint64_t> held;
    ReadPointers(lists, held);
    // On its way from a thread to the centre an object may be seen in both.
    std::ranges::set_difference(held, table_.thread_cached, std::back_inserter(table_.transfer_cached));
  }

  const Plan& plan_;
  RemoteMemory memory_;
  SpanTable table_;
  std::vector<uint64_t> by_page_;       // pointers to descriptors
  std::vector<uint64_t> pointers_;      // the same, sorted, each once
  std::vector<std::byte> descriptors_;  // of each of those
  std::vector<uint64_t> bit_pointers_;  // of each span
};

bool IsPlausible(const abi::ThreadCacheLayout& layout) {
  const auto in_list = [&](uint32_t offset) { return offset <= layout.list_stride - kPointer; };
  return layout.list_stride >= 2 * kPointer && layout.list_stride <= kMaxStructure && in_list(layout.top_offset) &&
         in_list(layout.end_offset);
}

std::vector<uint64_t> CacheAddresses(const RegionImage& image) {
  const RegionSection& threads = *image.Section(abi::SectionKind::kThreads);
  const RegionCounter* tid = threads.Find("tid");
  const RegionCounter* address = threads.Find("cache_address");
  std::vector<uint64_t> caches;
  if (tid == nullptr || address == nullptr) return caches;
  for (size_t row = 0; row < threads.row_count; ++row) {
    const uint64_t cache = image.Value(threads, row, *address);
    if (image.Value(threads, row, *tid) != 0 && cache != 0) caches.push_back(cache);
  }
  return caches;
}

}  // namespace

std::optional<SpanTable> ReadSpanTable(pid_t pid, const RegionImage& image, std::chrono::milliseconds deadline) {
  Plan plan;
  plan.pid = pid;
  plan.layout = ReadLayout(image);
  plan.thread_cache = image.header().thread_cache;
  plan.class_count = std::min<uint64_t>(image.class_count(), 256);
  plan.heap_base = image.header().heap_base;
  plan.page_size = image.header().page_size;
  if (!IsPlausible(plan.layout) || !IsPlausible(plan.thread_cache)) return std::nullopt;
  if (plan.heap_base > UINT64_MAX - kMaxTablePages * plan.page_size) return std::nullopt;
  plan.caches = CacheAddresses(image);
  return WithinDeadline<SpanTable>(deadline, [plan = std::move(plan)] { return TableReader(plan).Run(); });
}

}  // namespace glassheap::tools
