// Tested by tests/tools/view/resident_text_test.cc.

#include "tools/view/json_resident.h"

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::ordered_json;

Json BucketsJson(const ResidentAmounts& now, int64_t PageAmounts::*field) {
  Json json;
  for (const ResidentBucket& bucket : kResidentBuckets) json[bucket.key] = now.*bucket.amounts.*field;
  return json;
}

Json BoundsJson(const Resident& resident) {
  if (resident.bounds.empty()) return nullptr;
  Json json;
  for (size_t i = 0; i < resident.bounds.size(); ++i) {
    if (!kResidentBuckets[i].of_heap) continue;
    json[kResidentBuckets[i].key] = {resident.bounds[i].low, resident.bounds[i].high};
  }
  return json;
}

Json FragmentationJson(const std::vector<ClassFragmentation>& classes) {
  Json json = Json::array();
  for (const ClassFragmentation& one : classes) {
    json.push_back({{"size", one.size},
                    {"spans", one.spans},
                    {"slots", one.slots},
                    {"free_slots", one.free_slots},
                    {"free_bytes", one.free_bytes},
                    {"pinned_bytes", one.pinned_bytes},
                    {"spans_by_eighths_in_use", one.occupancy}});
  }
  return json;
}

// Runs of cells as [letter, count]: a map of a large heap is mostly long runs.
Json MapJson(const HeapMap& map) {
  Json runs = Json::array();
  for (size_t begin = 0; begin < map.cells.size();) {
    size_t end = begin;
    while (end < map.cells.size() && map.cells[end] == map.cells[begin]) ++end;
    runs.push_back({kMapCells[static_cast<size_t>(map.cells[begin])].label, end - begin});
    begin = end;
  }
  return {{"base", map.base}, {"bytes_per_cell", map.bytes_per_cell}, {"runs", runs}};
}

}  // namespace

void AddResidentJson(const HeapReport& report, Json& json) {
  if (!report.resident) {
    json["resident"] = nullptr;
    json["no_resident_because"] = SanitizeUtf8(report.no_resident_because);
    return;
  }
  const Resident& resident = *report.resident;
  json["resident"] = BucketsJson(resident.now, &PageAmounts::present);
  json["resident"]["unattributed"] = resident.unattributed;
  json["resident_tier"] = TierName(resident.source);
  json["resident_bounds"] = BoundsJson(resident);
  json["resident_complete"] = resident.complete;
  json["rss_measured"] = resident.rss;
  json["rss_moved"] = resident.moved;
  json["live_untouched"] = resident.live_untouched;
  json["internal_frag_max"] = resident.internal_frag_max;
  json["swapped"] = BucketsJson(resident.now, &PageAmounts::swapped);
  json["huge"] = BucketsJson(resident.now, &PageAmounts::huge);
  json["fragmentation"] =
      resident.source == TierSource::kExact ? FragmentationJson(report.fragmentation) : Json(nullptr);
  if (report.map) json["map"] = MapJson(*report.map);
}

}  // namespace glassheap::tools
