// Tested by tests/tools/model/history_test.cc.

#include "tools/model/history.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <string_view>

#include "tools/model/process_heap.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kMaxGauge = uint64_t{1} << 56;
constexpr size_t kParts = 4;  // of the time, for what is sustained

// The gauges of a row, found once for all rows.
class RowReader {
 public:
  RowReader(const RegionImage& image, const RegionSection& section)
      : image_(image),
        section_(section),
        time_(section.Find("time")),
        mapped_(section.Find("mapped")),
        total_(section.Find("allocated_bytes_total")) {
    for (size_t i = 0; i < std::size(kTiers); ++i) tiers_[i] = section.Find(kTiers[i].key);
  }

  bool complete() const {
    return time_ != nullptr && mapped_ != nullptr && std::find(tiers_.begin(), tiers_.end(), nullptr) == tiers_.end();
  }

  // Nothing for a row that is not in use, or is absurd.
  std::optional<HistoryEntry> Read(size_t row) const {
    const uint64_t time = image_.Value(section_, row, *time_);
    HistoryEntry entry;
    bool sane = time != 0;
    const auto gauge = [&](const RegionCounter& counter) {
      const uint64_t value = image_.Value(section_, row, counter);
      sane = sane && value <= kMaxGauge;
      return static_cast<int64_t>(std::min(value, kMaxGauge));
    };
    for (size_t i = 0; i < std::size(kTiers); ++i) entry.tiers.*kTiers[i].value = gauge(*tiers_[i]);
    entry.tiers.mapped = gauge(*mapped_);
    if (!sane) return std::nullopt;
    entry.seconds = static_cast<double>(time) * 1e-9;
    entry.tiers.residual = Residual(entry.tiers);
    if (total_ != nullptr) entry.allocated_total = image_.Value(section_, row, *total_);
    return entry;
  }

 private:
  const RegionImage& image_;
  const RegionSection& section_;
  const RegionCounter* time_;
  const RegionCounter* mapped_;
  const RegionCounter* total_;
  std::array<const RegionCounter*, std::size(kTiers)> tiers_;
};

// Below this, sums and differences of a few figures do not overflow.
constexpr int64_t kMaxFigure = int64_t{1} << 58;

bool IsSane(const HeapTiers& tiers) {
  const auto fits = [](int64_t value) { return value >= -kMaxFigure && value <= kMaxFigure; };
  const auto tier_fits = [&](const Tier& tier) { return fits(tiers.*tier.value); };
  return fits(tiers.mapped) && fits(tiers.residual) && std::all_of(std::begin(kTiers), std::end(kTiers), tier_fits);
}

bool Earlier(const HistoryEntry& one, const HistoryEntry& other) { return one.seconds < other.seconds; }

// The lowest live figure of each part of the time; parts without an entry have
// what the part before left, as nothing was allocated in them.
std::array<int64_t, kParts> Floors(const HeapHistory& history, double start, double end) {
  std::array<int64_t, kParts> floors;
  floors.fill(std::numeric_limits<int64_t>::max());
  int64_t before = history.front().tiers.live_bytes;
  for (size_t part = 0; part < kParts; ++part) {
    const double part_end = start + (end - start) * static_cast<double>(part + 1) / kParts;
    const double part_start = start + (end - start) * static_cast<double>(part) / kParts;
    for (const HistoryEntry& entry : history) {
      const bool last = part + 1 == kParts && entry.seconds >= part_end;
      if (entry.seconds < part_start || (entry.seconds >= part_end && !last)) continue;
      floors[part] = std::min(floors[part], entry.tiers.live_bytes);
      before = entry.tiers.live_bytes;
    }
    if (floors[part] == std::numeric_limits<int64_t>::max()) floors[part] = before;
  }
  return floors;
}

}  // namespace

HeapHistory MakeHistory(const RegionImage& image) {
  const RegionSection* section = image.Section(abi::SectionKind::kHistory);
  if (section == nullptr) return {};
  const RowReader reader(image, *section);
  if (!reader.complete()) return {};
  HeapHistory history;
  for (size_t row = 0; row < section->row_count; ++row) {
    if (std::optional<HistoryEntry> entry = reader.Read(row)) history.push_back(*entry);
  }
  std::stable_sort(history.begin(), history.end(), Earlier);
  // The oldest of a full ring may be half overwritten.
  const bool full = history.size() + 1 >= section->row_count;
  if (full && !history.empty()) history.erase(history.begin());
  return history;
}

HeapHistory MakeHistory(const RegionImage& image, const Heap& now, double now_seconds) {
  HeapHistory history = MakeHistory(image);
  if (!IsSane(now.now)) return history;
  const double seconds = history.empty() ? now_seconds : std::max(now_seconds, history.back().seconds);
  history.push_back({seconds, now.now, AllocatedTotal(image, now)});
  return history;
}

double SecondsOfRegion(const RegionImage& image, double boottime_seconds) {
  return boottime_seconds - static_cast<double>(image.header().created_boottime_ns) * 1e-9;
}

std::optional<LiveGrowth> GrowthOfLive(const HeapHistory& history, double window) {
  if (history.size() < 2) return std::nullopt;
  const double end = history.back().seconds;
  // The entry before the window began tells what was live when it did.
  auto first = std::find_if(history.begin(), history.end(), [&](const auto& e) { return e.seconds > end - window; });
  if (first != history.begin()) --first;
  const HeapHistory part(first, history.end());
  const double start = std::max(part.front().seconds, end - window);
  LiveGrowth growth;
  growth.bytes = part.back().tiers.live_bytes - part.front().tiers.live_bytes;
  growth.seconds = end - start;
  const std::array<int64_t, kParts> floors = Floors(part, start, end);
  growth.sustained = part.size() > kParts && std::is_sorted(floors.begin(), floors.end()) && floors[0] < floors.back();
  return growth;
}

HeapHistory Thin(const HeapHistory& history, size_t count) {
  if (history.size() <= count) return history;
  const double start = history.front().seconds;
  const double step = (history.back().seconds - start) / static_cast<double>(count - 1);
  HeapHistory thin = {history.front()};
  for (size_t i = 1; i + 1 < history.size(); ++i) {
    const bool due = history[i].seconds >= start + step * static_cast<double>(thin.size());
    if (due && thin.size() + 1 < count) thin.push_back(history[i]);
  }
  thin.push_back(history.back());
  return thin;
}

}  // namespace glassheap::tools
