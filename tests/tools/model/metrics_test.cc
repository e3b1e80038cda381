// Which metrics there are, and that their number is bounded.

#include "tools/model/metrics.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace glassheap::tools {
namespace {

HeapFigures Figures(pid_t pid, int64_t live) {
  HeapFigures figures;
  figures.pid = pid;
  figures.command = "server";
  figures.rss = 1000;
  figures.heap.now.live_bytes = live;
  figures.heap.now.mapped = live + 50;
  figures.heap.now.page_heap_free = 50;
  figures.allocated_bytes_total = 12345;
  return figures;
}

const MetricFamily* Find(const std::vector<MetricFamily>& families, const std::string& name) {
  for (const MetricFamily& family : families) {
    if (family.name == name) return &family;
  }
  return nullptr;
}

std::string Label(const MetricSample& sample, const std::string& name) {
  for (const MetricLabel& label : sample.labels) {
    if (label.name == name) return label.value;
  }
  return "none";
}

TEST(Metrics, NamesFollowTheConventions) {
  MetricsInput input;
  input.memory = SystemMemory{};
  input.heaps = {Figures(1, 100)};
  input.heaps[0].heap.classes.push_back({.size = 16, .live_objects = 6});
  std::set<std::string> names;
  for (const MetricFamily& family : MakeMetrics(input)) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name << " twice";
    EXPECT_TRUE(family.name.starts_with("glassheap_"));
    EXPECT_EQ(family.name.ends_with("_total"), family.kind == MetricKind::kCounter) << family.name;
    EXPECT_EQ(family.name.find("_bytes") != std::string::npos, family.unit == "bytes") << family.name;
    EXPECT_FALSE(family.help.empty());
    std::set<std::string> labels;
    for (const MetricSample& sample : family.samples) {
      std::string key;
      for (const MetricLabel& label : sample.labels) key += label.name + "=" + label.value + ",";
      EXPECT_TRUE(labels.insert(key).second) << family.name << key << " twice";
    }
  }
}

TEST(Metrics, TheTiersOfAHeapAddUpToMapped) {
  const std::vector<MetricFamily> families =
      MakeMetrics({.memory = {}, .pressure = {}, .oom_kills = {}, .cgroups = {}, .heaps = {Figures(7, 900)}});
  double sum = 0;
  for (const MetricSample& sample : Find(families, "glassheap_heap_tier_bytes")->samples) {
    EXPECT_EQ(Label(sample, "pid"), "7");
    sum += sample.value;
  }
  EXPECT_EQ(sum, Find(families, "glassheap_heap_mapped_bytes")->samples[0].value);
  EXPECT_EQ(Find(families, "glassheap_heap_allocated_bytes_total")->samples[0].value, 12345);
}

TEST(Metrics, WhatIsNotThereHasNoSample) {
  const std::vector<MetricFamily> families = MakeMetrics({});
  EXPECT_EQ(Find(families, "glassheap_memory_size_bytes"), nullptr);
  EXPECT_EQ(Find(families, "glassheap_heap_mapped_bytes"), nullptr);
  EXPECT_EQ(Find(families, "glassheap_heaps")->samples[0].value, 0);
  HeapFigures without = Figures(1, 1);
  without.swap = std::nullopt;
  EXPECT_EQ(Find(MakeMetrics({.memory = {}, .pressure = {}, .oom_kills = {}, .cgroups = {}, .heaps = {without}}),
                 "glassheap_process_swap_bytes"),
            nullptr);
}

TEST(Metrics, CgroupsAndPressure) {
  CgroupMemory limited;
  limited.path = "/api";
  limited.limit = 1000;
  limited.usage = 600;
  limited.remaining = 400;
  CgroupMemory free;
  free.path = "/";
  free.usage = 5;
  MetricsInput input;
  input.cgroups = {limited, free};
  input.oom_kills = 3;
  input.pressure = Pressure{};
  input.pressure->some_total_us = 1'500'000;
  const std::vector<MetricFamily> families = MakeMetrics(input);
  const MetricFamily& limit = *Find(families, "glassheap_cgroup_limit_bytes");
  ASSERT_EQ(limit.samples.size(), 1u);
  EXPECT_EQ(Label(limit.samples[0], "cgroup"), "/api");
  EXPECT_EQ(Find(families, "glassheap_cgroup_usage_bytes")->samples.size(), 2u);
  const MetricFamily& stalled = *Find(families, "glassheap_memory_stalled_seconds_total");
  ASSERT_EQ(stalled.samples.size(), 1u);
  EXPECT_EQ(stalled.samples[0].value, 1.5);
  EXPECT_EQ(Find(families, "glassheap_oom_kills_total")->samples[0].value, 3);
}

TEST(Metrics, TheLargestHeapsAreKept) {
  const MetricsInput input{.memory = {},
                           .pressure = {},
                           .oom_kills = {},
                           .cgroups = {},
                           .heaps = {Figures(1, 10), Figures(2, 900), Figures(3, 20), Figures(4, 800)}};
  const std::vector<MetricFamily> families = MakeMetrics(input, 2);
  EXPECT_EQ(Find(families, "glassheap_heaps")->samples[0].value, 4);
  EXPECT_EQ(Find(families, "glassheap_heaps_omitted")->samples[0].value, 2);
  const MetricFamily& mapped = *Find(families, "glassheap_heap_mapped_bytes");
  ASSERT_EQ(mapped.samples.size(), 2u);
  EXPECT_EQ(Label(mapped.samples[0], "pid"), "2");
  EXPECT_EQ(Label(mapped.samples[1], "pid"), "4");
}

TEST(Metrics, OnlyClassesAboveOnePercent) {
  HeapFigures figures = Figures(1, 100'000);
  figures.heap.classes = {{.size = 8, .live_objects = 1},
                          {.size = 1000, .live_objects = 1},
                          {.size = 999, .live_objects = 1},
                          {.size = 16, .live_objects = -5}};
  const std::vector<MetricFamily> families =
      MakeMetrics({.memory = {}, .pressure = {}, .oom_kills = {}, .cgroups = {}, .heaps = {figures}});
  const MetricFamily* classes = Find(families, "glassheap_heap_class_live_bytes");
  ASSERT_EQ(classes->samples.size(), 1u);
  EXPECT_EQ(Label(classes->samples[0], "size"), "1000");
  EXPECT_EQ(classes->samples[0].value, 1000);
}

}  // namespace
}  // namespace glassheap::tools
