// Tested by tests/tools/view/history_text_test.cc.

#include "tools/view/json_history.h"

namespace glassheap::tools {

using Json = nlohmann::ordered_json;

Json HistoryJson(const HeapHistory& history) {
  Json json = Json::array();
  for (const HistoryEntry& entry : history) {
    Json row = {{"seconds", entry.seconds}};
    for (const Tier& tier : kTiers) row[tier.key] = entry.tiers.*tier.value;
    row["mapped"] = entry.tiers.mapped;
    row["residual"] = entry.tiers.residual;
    row["allocated_bytes_total"] = entry.allocated_total;
    json.push_back(std::move(row));
  }
  return json;
}

Json GrowthJson(const HeapHistory& history) {
  const std::optional<LiveGrowth> growth = GrowthOfLive(history);
  if (!growth) return nullptr;
  return {{"bytes", growth->bytes}, {"seconds", growth->seconds}, {"sustained", growth->sustained}};
}

}  // namespace glassheap::tools
