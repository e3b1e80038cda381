#include "tools/view/history_text.h"

#include <gtest/gtest.h>

#include "tools/view/json_history.h"

namespace glassheap::tools {
namespace {

constexpr int64_t kMi = 1 << 20;

HeapHistory Rising(int entries) {
  HeapHistory history;
  for (int i = 0; i < entries; ++i) {
    HistoryEntry entry;
    entry.seconds = i;
    entry.tiers.live_bytes = i * kMi;
    entry.tiers.central_free = kMi;
    entry.tiers.page_heap_released = 2 * kMi;
    entry.tiers.mapped = (i + 3) * kMi;
    entry.allocated_total = static_cast<uint64_t>(i * 5 * kMi);
    history.push_back(entry);
  }
  return history;
}

TEST(HistoryText, ATableWithASentenceAboveIt) {
  EXPECT_EQ(HistoryText(Rising(13), {.rows = 4, .last = "the end"}),
            "over the last 12.0 s live grew by 12.0Mi, sustained\n"
            "      AGO    LIVE  CACHED  FRAGMENTED  FREE  RELEASED  MAPPED  ALLOC/s\n"
            "     12 s       0       0      1.00Mi     0    2.00Mi  3.00Mi        -  ..\n"
            "      8 s  4.00Mi       0      1.00Mi     0    2.00Mi  7.00Mi   5.00Mi  #######..\n"
            "      4 s  8.00Mi       0      1.00Mi     0    2.00Mi  11.0Mi   5.00Mi  ###############..\n"
            "  the end  12.0Mi       0      1.00Mi     0    2.00Mi  15.0Mi   5.00Mi  ######################..\n");
}

TEST(HistoryText, OneEntryIsNoHistory) {
  EXPECT_EQ(HistoryText(Rising(1)), "");
  EXPECT_EQ(HistoryText({}), "");
}

TEST(GrowthSentence, SaysWhatHappened) {
  HeapHistory history = Rising(9);
  EXPECT_EQ(GrowthSentence(history), "live grew by 8.00Mi in the last 8.00 s, sustained");
  history.back().tiers.live_bytes = 0;
  history.front().tiers.live_bytes = 3 * kMi;
  EXPECT_EQ(GrowthSentence(history), "live fell by 3.00Mi in the last 8.00 s");
  history.back().tiers.live_bytes = 3 * kMi + 100;
  EXPECT_EQ(GrowthSentence(history), "live was steady at 3.00Mi in the last 8.00 s");
  EXPECT_EQ(GrowthSentence(Rising(2)), "") << "a second is too short";
}

TEST(HistoryText, HostileFiguresDoNoHarm) {
  HeapHistory history = Rising(5);
  history[1].tiers.live_bytes = int64_t{1} << 58;
  history[2].tiers.mapped = -(int64_t{1} << 58);
  history[3].allocated_total = UINT64_MAX;
  history[4].seconds = 1.8e10;
  EXPECT_FALSE(HistoryText(history).empty());
}

TEST(HistoryJson, EveryTierByItsKey) {
  const auto json = HistoryJson(Rising(2));
  ASSERT_EQ(json.size(), 2u);
  for (const Tier& tier : kTiers) EXPECT_TRUE(json[1].contains(tier.key)) << tier.key;
  EXPECT_EQ(json[1]["live_bytes"], kMi);
  EXPECT_EQ(json[1]["seconds"], 1);
  EXPECT_EQ(json[1]["allocated_bytes_total"], 5 * kMi);
  EXPECT_EQ(GrowthJson(Rising(9))["bytes"], 8 * kMi);
  EXPECT_TRUE(GrowthJson({}).is_null());
}

}  // namespace
}  // namespace glassheap::tools
