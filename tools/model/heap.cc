// Tested by tests/tools/model/heap_test.cc.

#include "tools/model/heap.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace glassheap::tools {
namespace {

// Gauges above this are lies, and a sum over all rows of values below it cannot
// overflow 128 bits.
constexpr uint64_t kMaxGauge = uint64_t{1} << 56;
using Wide = __int128;

// Reads gauges of one section by name; remembers the first that is missing or absurd. An absurd one counts as kMaxGauge until
// then.
class SectionReader {
 public:
  SectionReader(const RegionImage& image, abi::SectionKind kind) : image_(image), section_(*image.Section(kind)) {}

  size_t row_count() const { return section_.row_count; }

  uint64_t Gauge(size_t row, const char* name) {
    const uint64_t value = Word(row, name);
    if (value <= kMaxGauge) return value;
    Fail(name, "is absurd");
    return kMaxGauge;
  }

  uint64_t Word(size_t row, const char* name) {
    const RegionCounter* counter = Find(name);
    if (counter != nullptr) return image_.Value(section_, row, *counter);
    Fail(name, "is missing");
    return 0;
  }

  const std::optional<Error>& failure() const { return failure_; }

 private:
  // Names are literals: one that was looked up for a row before is known by its address.
  const RegionCounter* Find(const char* name) {
    for (const auto& [known, counter] : found_) {
      if (known == name) return counter;
    }
    return found_.emplace_back(name, section_.Find(name)).second;
  }

  void Fail(const char* name, const char* what) {
    if (!failure_) failure_ = UnreadableRegion(std::string(name) + " " + what);
  }

  const RegionImage& image_;
  const RegionSection& section_;
  std::vector<std::pair<const char*, const RegionCounter*>> found_;
  std::optional<Error> failure_;
};

// Sums of 128 bits, cut to what 64 hold: only a lie comes near.
int64_t Narrow(Wide value) { return static_cast<int64_t>(std::clamp<Wide>(value, INT64_MIN, INT64_MAX)); }

// The fields that GLOBAL and PEAK have in common.
HeapTiers ReadCommon(SectionReader& reader) {
  HeapTiers tiers;
  tiers.page_heap_free = static_cast<int64_t>(reader.Gauge(0, "page_heap_free"));
  tiers.page_heap_released = static_cast<int64_t>(reader.Gauge(0, "page_heap_released"));
  tiers.metadata = static_cast<int64_t>(reader.Gauge(0, "metadata"));
  tiers.region_slack = static_cast<int64_t>(reader.Gauge(0, "region_slack"));
  tiers.mapped = static_cast<int64_t>(reader.Gauge(0, "heap_mapped") + reader.Gauge(0, "metadata_mapped"));
  tiers.live_bytes = static_cast<int64_t>(reader.Gauge(0, "large_bytes"));
  return tiers;
}

// Objects of each class in all threads' lists.
std::vector<uint64_t> AddUp(const std::vector<ThreadLists>& threads, size_t class_count) {
  std::vector<uint64_t> sums(class_count, 0);
  for (const ThreadLists& lists : threads) {
    for (size_t i = 0; i < std::min(class_count, lists.lengths.size()); ++i) sums[i] += lists.lengths[i];
  }
  return sums;
}

// A lie that claims more than the slots there are makes this negative; it is cut at what 64 bits hold.
int64_t ObjectsOut(const HeapClass& one) {
  return Narrow(Wide{one.slots} - one.central_objects - one.transfer_cache_objects);
}

HeapClass ReadClass(SectionReader& reader, size_t row, std::optional<uint64_t> exact) {
  HeapClass one;
  one.size = reader.Gauge(row, "size");
  one.spans = reader.Gauge(row, "spans");
  one.slots = reader.Gauge(row, "slots");
  one.central_objects = reader.Gauge(row, "central_objects");
  one.transfer_cache_objects = reader.Gauge(row, "transfer_objects");
  const int64_t out = ObjectsOut(one);
  const uint64_t cached = exact ? *exact : reader.Gauge(row, "thread_cache_objects");
  one.thread_cache_objects = std::min(cached, static_cast<uint64_t>(std::max<int64_t>(out, 0)));
  one.live_objects = out - static_cast<int64_t>(one.thread_cache_objects);
  return one;
}

// What the classes add to the tiers, in 128 bits until all are in.
struct SmallSums {
  Wide live = 0;
  Wide thread_cache = 0;
  Wide transfer = 0;
  Wide central = 0;
  Wide tail = 0;

  void Add(const HeapClass& one, uint64_t span_bytes) {
    live += Wide{one.live_objects} * one.size;
    thread_cache += Wide{one.thread_cache_objects} * one.size;
    transfer += Wide{one.transfer_cache_objects} * one.size;
    central += Wide{one.central_objects} * one.size;
    tail += Wide{one.spans} * span_bytes - Wide{one.slots} * one.size;
  }

  void AddTo(HeapTiers& tiers) const {
    tiers.live_bytes = Narrow(tiers.live_bytes + live);
    tiers.thread_cache_free = Narrow(tiers.thread_cache_free + thread_cache);
    tiers.transfer_cache_free = Narrow(transfer);
    tiers.central_free = Narrow(central);
    tiers.span_tail_waste = Narrow(tail);
  }
};

bool HasMoved(const ExactLists& exact, size_t row) { return row < exact.moved.size() && exact.moved[row]; }

// Of a class whose objects moved while the lists were read, anything between none and all may be cached.
uint64_t SplitBound(const std::optional<ExactLists>& exact, size_t row, const HeapClass& one) {
  if (!exact || !HasMoved(*exact, row)) return 0;
  return static_cast<uint64_t>(Narrow(Wide{one.size} * std::max<int64_t>(ObjectsOut(one), 0)));
}

std::optional<Error> ReadClasses(const RegionImage& image, const std::optional<ExactLists>& exact, Heap& heap) {
  SectionReader reader(image, abi::SectionKind::kClasses);
  std::vector<uint64_t> lengths;
  if (exact) lengths = AddUp(exact->threads, image.class_count());
  SmallSums sums;
  Wide split = 0;
  Wide skew = 0;
  for (size_t row = 1; row < image.class_count(); ++row) {
    const bool coherent = exact && !HasMoved(*exact, row);
    const HeapClass one = ReadClass(reader, row, coherent ? std::optional(lengths[row]) : std::nullopt);
    const uint64_t span_bytes =
        std::min<uint64_t>(reader.Gauge(row, "span_pages"), UINT32_MAX) * image.header().page_size;
    sums.Add(one, span_bytes);
    split += SplitBound(exact, row, one);
    if (image.IsUnsettled(abi::SectionKind::kClasses, row)) skew += span_bytes;
    heap.classes.push_back(one);
  }
  sums.AddTo(heap.now);
  heap.split_bound = static_cast<uint64_t>(Narrow(split));
  heap.skew_bound = static_cast<uint64_t>(Narrow(skew));
  return reader.failure();
}

// What the spans that came and went while the region was read add to the skew. An older glassheap does not count them.
uint64_t MovedWhileRead(const RegionImage& image) {
  const RegionSection& global = *image.Section(abi::SectionKind::kGlobal);
  Wide moved = 0;
  for (const char* name : {"span_bytes_taken_total", "span_bytes_returned_total"}) {
    if (const RegionCounter* counter = global.Find(name)) moved += image.GrewWhileRead(*counter);
  }
  return static_cast<uint64_t>(Narrow(moved));
}

// Bytes in one thread's lists.
uint64_t BytesOf(const ThreadLists& lists, const std::vector<HeapClass>& classes) {
  Wide bytes = 0;
  for (size_t i = 1; i < lists.lengths.size() && i <= classes.size(); ++i) {
    bytes += Wide{lists.lengths[i]} * classes[i - 1].size;
  }
  return static_cast<uint64_t>(Narrow(bytes));
}

const ThreadLists* FindThread(const std::optional<ExactLists>& exact, uint64_t tid) {
  if (!exact) return nullptr;
  const std::vector<ThreadLists>& all = exact->threads;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& lists) { return lists.tid == tid; });
  return found == all.end() ? nullptr : &*found;
}

// Moves large spans that a thread keeps from what is live to what is cached:
// GLOBAL counts both as large_bytes.
void AddLargeCached(uint64_t bytes, HeapTiers& tiers) {
  tiers.live_bytes = Narrow(Wide{tiers.live_bytes} - bytes);
  tiers.thread_cache_free = Narrow(Wide{tiers.thread_cache_free} + bytes);
}

std::optional<Error> ReadThreads(const RegionImage& image, const std::optional<ExactLists>& exact, Heap& heap) {
  SectionReader reader(image, abi::SectionKind::kThreads);
  Wide capacity = 0;
  for (size_t row = 0; row < reader.row_count(); ++row) {
    HeapThread thread;
    thread.tid = reader.Word(row, "tid");
    if (thread.tid == 0) continue;
    const uint64_t large = reader.Gauge(row, "large_cached_bytes");
    const ThreadLists* lists = FindThread(exact, thread.tid);
    const uint64_t small = lists != nullptr ? BytesOf(*lists, heap.classes) : reader.Gauge(row, "thread_cache_free");
    thread.thread_cache_free = small + large;
    thread.allocated_bytes_total = reader.Word(row, "allocated_bytes_total");
    AddLargeCached(large, heap.now);
    capacity += reader.Gauge(row, "thread_cache_capacity");
    heap.threads.push_back(thread);
  }
  if (!exact) heap.split_bound = static_cast<uint64_t>(Narrow(capacity));
  return reader.failure();
}

// Published: anything between none and the caches' capacity may be cached, but no more than is out. Exact: within the bound.
HeapInterval LiveInterval(const Heap& heap) {
  Wide small_live = 0;
  Wide small_cached = 0;
  for (const HeapClass& one : heap.classes) {
    small_live += Wide{one.live_objects} * one.size;
    small_cached += Wide{one.thread_cache_objects} * one.size;
  }
  const Wide live = heap.now.live_bytes;
  const Wide most_cached = std::min<Wide>(heap.split_bound, small_live + small_cached);
  if (heap.source == TierSource::kPublished) {
    return {Narrow(live + small_cached - most_cached), Narrow(live + small_cached)};
  }
  return {Narrow(live - std::min<Wide>(heap.split_bound, small_live)),
          Narrow(live + std::min<Wide>(heap.split_bound, small_cached))};
}

std::optional<Error> ReadPeak(const RegionImage& image, Heap& heap) {
  if (image.Section(abi::SectionKind::kPeak) == nullptr) return std::nullopt;
  SectionReader reader(image, abi::SectionKind::kPeak);
  HeapPeak peak = {ReadCommon(reader), 0};
  const auto cached = static_cast<int64_t>(reader.Gauge(0, "peak_thread_cache_free"));
  peak.tiers.live_bytes += static_cast<int64_t>(reader.Gauge(0, "peak_small_out_bytes")) - cached;
  peak.tiers.thread_cache_free += cached;
  peak.tiers.transfer_cache_free = static_cast<int64_t>(reader.Gauge(0, "peak_transfer_cache_free"));
  peak.tiers.central_free = static_cast<int64_t>(reader.Gauge(0, "peak_central_free"));
  peak.tiers.span_tail_waste = static_cast<int64_t>(reader.Gauge(0, "peak_span_tail_waste"));
  peak.tiers.residual = Residual(peak.tiers);
  peak.seconds = static_cast<double>(reader.Word(0, "peak_time")) * 1e-9;
  if (reader.failure()) return reader.failure();
  if (peak.tiers.mapped > 0) heap.peak = peak;  // 0: nothing noted yet
  return std::nullopt;
}

}  // namespace

int64_t Residual(const HeapTiers& tiers) {
  Wide sum = 0;
  for (const Tier& tier : kTiers) sum += tiers.*tier.value;
  return Narrow(tiers.mapped - sum);
}

std::vector<bool> MovedClasses(const RegionImage& before, const RegionImage& after) {
  SectionReader old(before, abi::SectionKind::kClasses);
  SectionReader young(after, abi::SectionKind::kClasses);
  std::vector<bool> moved(before.class_count(), false);
  for (size_t row = 1; row < moved.size() && row < young.row_count(); ++row) {
    for (const char* name : {"refills", "flushes"}) {
      if (old.Word(row, name) != young.Word(row, name)) moved[row] = true;
    }
  }
  return moved;
}

const char* TierName(TierSource source) { return source == TierSource::kExact ? "exact" : "published"; }

Result<Heap> MakeHeap(const RegionImage& image, const std::optional<ExactLists>& exact) {
  Heap heap;
  heap.source = exact ? TierSource::kExact : TierSource::kPublished;
  heap.unsettled_rows = image.unsettled_rows();
  heap.hardened = (image.header().flags & abi::kFlagHardened) != 0;
  SectionReader global(image, abi::SectionKind::kGlobal);
  heap.now = ReadCommon(global);
  heap.large_objects = global.Gauge(0, "large_objects");
  heap.page_size = image.header().page_size;
  std::optional<Error> failure = global.failure();
  if (!failure) failure = ReadClasses(image, exact, heap);
  if (!failure) failure = ReadThreads(image, exact, heap);
  if (!failure) failure = ReadPeak(image, heap);
  if (failure) return *std::move(failure);
  heap.now.residual = Residual(heap.now);
  heap.skew_bound += MovedWhileRead(image);
  // Half of the row is from before a change and half from after it, and nothing says how large that was.
  if (image.IsUnsettled(abi::SectionKind::kGlobal, 0))
    heap.skew_bound += static_cast<uint64_t>(std::max<int64_t>(heap.now.mapped, 0));
  heap.live = LiveInterval(heap);
  return heap;
}

}  // namespace glassheap::tools
