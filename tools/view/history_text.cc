// Tested by tests/tools/view/history_text_test.cc.

#include "tools/view/history_text.h"

#include <algorithm>
#include <cstdlib>

#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr size_t kBarWidth = 24;
constexpr double kLeastSeconds = 3;  // for a sentence about growth

std::string Ago(double seconds) {
  return seconds < 100 ? std::to_string(static_cast<int>(seconds + 0.5)) + " s" : HumanSeconds(seconds);
}

// '#' for live, '.' for the rest of what is mapped and not given back.
std::string Bar(const HeapTiers& tiers, int64_t whole) {
  if (whole <= 0) return "";
  const auto cells = [&](int64_t bytes) {
    const double share = static_cast<double>(std::max<int64_t>(bytes, 0)) / static_cast<double>(whole);
    return std::min(static_cast<size_t>(share * kBarWidth + 0.5), kBarWidth);
  };
  const size_t live = cells(tiers.live_bytes);
  const size_t held = std::max(cells(tiers.mapped - tiers.page_heap_released), live);
  return std::string(live, '#') + std::string(held - live, '.');
}

std::string Rate(const HistoryEntry& before, const HistoryEntry& entry) {
  const double seconds = entry.seconds - before.seconds;
  if (seconds <= 0 || entry.allocated_total < before.allocated_total) return "-";
  const double rate = static_cast<double>(entry.allocated_total - before.allocated_total) / seconds;
  return rate < 1e18 ? FineBytes(static_cast<uint64_t>(rate)) : "-";
}

int64_t LargestHeld(const HeapHistory& history) {
  int64_t largest = 0;
  for (const HistoryEntry& entry : history) {
    largest = std::max(largest, entry.tiers.mapped - entry.tiers.page_heap_released);
  }
  return largest;
}

void AddRow(Table& table, const std::string& when, const HistoryEntry& entry, const std::string& rate, int64_t whole) {
  const HeapTiers& tiers = entry.tiers;
  table.AddRow({when, FineSignedBytes(tiers.live_bytes),
                FineSignedBytes(tiers.thread_cache_free + tiers.transfer_cache_free),
                FineSignedBytes(tiers.central_free + tiers.span_tail_waste), FineSignedBytes(tiers.page_heap_free),
                FineSignedBytes(tiers.page_heap_released), FineSignedBytes(tiers.mapped), rate, Bar(tiers, whole)});
}

std::string WhatLiveDid(const LiveGrowth& growth, int64_t live) {
  const int64_t size = std::abs(growth.bytes);
  if (size < 4096 || size < live / 200) return "live was steady at " + FineSignedBytes(live);
  return (growth.bytes < 0 ? "live fell by " : "live grew by ") + FineSignedBytes(size);
}

const char* Sustained(const LiveGrowth& growth) { return growth.sustained ? ", sustained" : ""; }

}  // namespace

std::string GrowthSentence(const HeapHistory& history) {
  const std::optional<LiveGrowth> growth = GrowthOfLive(history);
  if (!growth || growth->seconds < kLeastSeconds) return "";
  return WhatLiveDid(*growth, history.back().tiers.live_bytes) + " in the last " + HumanSeconds(growth->seconds) +
         Sustained(*growth);
}

std::string HistoryText(const HeapHistory& history, const HistoryTextOptions& options) {
  if (history.size() < 2) return "";
  Table table({{"AGO"},
               {"LIVE"},
               {"CACHED"},
               {"FRAGMENTED"},
               {"FREE"},
               {"RELEASED"},
               {"MAPPED"},
               {"ALLOC/s"},
               {"", Align::kLeft}},
              {.indent = "  "});
  const HeapHistory shown = Thin(history, options.rows);
  const int64_t whole = LargestHeld(shown);
  const double end = shown.back().seconds;
  for (size_t i = 0; i < shown.size(); ++i) {
    const bool last = i + 1 == shown.size();
    AddRow(table, last ? options.last : Ago(end - shown[i].seconds), shown[i],
           i == 0 ? "-" : Rate(shown[i - 1], shown[i]), whole);
  }
  const double span = end - history.front().seconds;
  const LiveGrowth growth = GrowthOfLive(history, span + 1).value_or(LiveGrowth{});
  return "over the last " + HumanSeconds(span) + " " + WhatLiveDid(growth, history.back().tiers.live_bytes) +
         Sustained(growth) + "\n" + table.Text();
}

}  // namespace glassheap::tools
