#include "tools/view/json.h"

#include <gtest/gtest.h>

#include "tests/support/fake_region.h"
#include "tests/support/golden.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::BytesOf;
using glassheap::testing::ExpectGolden;
using glassheap::testing::MakeFakeHeap;

Heap FakeHeap() { return *MakeHeap(*RegionImage::Parse(BytesOf(*MakeFakeHeap()))); }

bool HasKey(const std::string& json, const std::string& key) {
  return json.find("\"" + key + "\":") != std::string::npos;
}

TEST(Json, Heap) {
  HeapReport report;
  report.pid = 42;
  report.status.name = "a\"\x1b\xff";
  report.status.rss = 4096;
  report.heap = FakeHeap();
  ExpectGolden("heap.json", HeapJson(report));
}

TEST(Json, Run) {
  RunReport report;
  report.command = "true";
  report.exit_status = 0;
  report.wall_seconds = 0.5;
  report.preloaded = true;
  report.heap = FakeHeap();
  report.peak = HeapPeak{report.heap->now, 0.25};
  ExpectGolden("run.json", RunJson(report));
}

TEST(Json, WhatIsNotAvailableIsNull) {
  RunReport report;
  report.term_signal = 9;
  const std::string json = RunJson(report);
  for (const char* part :
       {"\"exit_status\":null", "\"term_signal\":9", "\"preloaded\":false", "\"heap\":null", "\"peak\":null"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part;
  }
  EXPECT_NE(HeapJson({}).find("\"rss\":null"), std::string::npos);
}

TEST(Json, TheContractsKeysAreThere) {
  HeapReport report;
  report.heap = FakeHeap();
  const std::string heap = HeapJson(report);
  for (const char* key : {"schema",
                          "pid",
                          "command",
                          "tier",
                          "heap",
                          "live_bytes",
                          "thread_cache_free",
                          "transfer_cache_free",
                          "central_free",
                          "span_tail_waste",
                          "page_heap_free",
                          "page_heap_released",
                          "metadata",
                          "region_slack",
                          "mapped",
                          "residual",
                          "kernel",
                          "rss",
                          "rss_anon",
                          "rss_file",
                          "rss_shmem",
                          "swap",
                          "classes",
                          "size",
                          "live_objects",
                          "spans",
                          "thread_cache_objects",
                          "central_objects",
                          "threads",
                          "tid",
                          "allocated_bytes_total"}) {
    EXPECT_TRUE(HasKey(heap, key)) << key;
  }
  const std::string run = RunJson({});
  for (const char* key : {"schema", "command", "exit_status", "term_signal", "wall_seconds", "user_seconds",
                          "system_seconds", "max_rss", "minor_faults", "major_faults", "preloaded", "heap", "peak"}) {
    EXPECT_TRUE(HasKey(run, key)) << key;
  }
}

}  // namespace
}  // namespace glassheap::tools
