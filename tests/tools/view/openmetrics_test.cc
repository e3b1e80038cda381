#include "tools/view/openmetrics.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

TEST(OpenMetrics, Text) {
  const MetricFamily gauge{"glassheap_memory_size_bytes",
                           "RAM \\ of \"it\"",
                           "bytes",
                           MetricKind::kGauge,
                           {{{}, 24.0 * 1024 * 1024 * 1024}}};
  const MetricFamily counter{"glassheap_heap_allocated_bytes_total",
                             "asked for",
                             "bytes",
                             MetricKind::kCounter,
                             {{{{"pid", "7"}, {"command", "a\"b\\c\nd\xff"}}, 0.5}, {{{"pid", "8"}}, -3}}};
  const MetricFamily plain{"glassheap_heaps", "heaps", "", MetricKind::kGauge, {{{}, 0}}};
  EXPECT_EQ(OpenMetricsText({gauge, counter, plain}),
            "# TYPE glassheap_memory_size_bytes gauge\n"
            "# UNIT glassheap_memory_size_bytes bytes\n"
            "# HELP glassheap_memory_size_bytes RAM \\\\ of \\\"it\\\"\n"
            "glassheap_memory_size_bytes 25769803776\n"
            "# TYPE glassheap_heap_allocated_bytes counter\n"
            "# UNIT glassheap_heap_allocated_bytes bytes\n"
            "# HELP glassheap_heap_allocated_bytes asked for\n"
            "glassheap_heap_allocated_bytes_total{pid=\"7\",command=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\"} 0.5\n"
            "glassheap_heap_allocated_bytes_total{pid=\"8\"} -3\n"
            "# TYPE glassheap_heaps gauge\n"
            "# HELP glassheap_heaps heaps\n"
            "glassheap_heaps 0\n"
            "# EOF\n");
  EXPECT_EQ(OpenMetricsText({}), "# EOF\n");
}

TEST(OpenMetrics, LargeNumbersStayWhole) {
  const MetricFamily family{"x_bytes", "x", "bytes", MetricKind::kGauge, {{{}, 9007199254740992.0}}};
  EXPECT_NE(OpenMetricsText({family}).find("x_bytes 9007199254740992"), std::string::npos) << OpenMetricsText({family});
}

}  // namespace
}  // namespace glassheap::tools
