// What must hold in every report of `memstat run --json`.

#ifndef GLASSHEAP_TESTS_END_TO_END_REPORT_H_
#define GLASSHEAP_TESTS_END_TO_END_REPORT_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace glassheap {

inline void ExpectTiersAddUp(const nlohmann::json& heap) {
  ASSERT_TRUE(heap.is_object()) << heap;
  int64_t sum = 0;
  for (const char* tier : {"live_bytes", "thread_cache_free", "transfer_cache_free", "central_free", "span_tail_waste",
                           "page_heap_free", "page_heap_released", "metadata", "region_slack"}) {
    ASSERT_TRUE(heap.contains(tier)) << tier;
    EXPECT_GE(heap[tier].get<int64_t>(), 0) << tier;
    sum += heap[tier].get<int64_t>();
  }
  EXPECT_EQ(heap["residual"], 0) << heap;
  EXPECT_EQ(heap["mapped"], sum) << heap;
}

inline void ExpectReportAddsUp(const std::string& text) {
  const nlohmann::json report = nlohmann::json::parse(text, nullptr, false);
  ASSERT_TRUE(report.is_object()) << text;
  EXPECT_EQ(report["schema"], "glassheap.run/1");
  EXPECT_EQ(report["preloaded"], true) << report;
  ExpectTiersAddUp(report["heap"]);
  ExpectTiersAddUp(report["peak"]);
  EXPECT_GE(report["peak"]["mapped"], report["heap"]["live_bytes"]);
  EXPECT_GT(report["max_rss"], 0);
}

}  // namespace glassheap

#endif  // GLASSHEAP_TESTS_END_TO_END_REPORT_H_
