#include "tools/view/json_processes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace glassheap::tools {
namespace {

using Json = nlohmann::json;

ProcessFields AllFields() {
  ProcessFields fields;
  for (const ProcessColumn& column : ProcessColumns()) fields.push_back(&column);
  return fields;
}

// One row per column: its key is its name, absent is null, and a number is the column's value.
TEST(JsonProcesses, EveryColumnIsItsKey) {
  Process process;
  process.pid = 42;
  process.user = "redis";
  process.rss = 4096;
  process.growth_per_minute = -1.6;
  process.heap = ProcessHeap{.live = 7};
  const Json row = Json::parse(OomJson({process}, AllFields()))["processes"][0];
  ASSERT_EQ(row.size(), ProcessColumns().size());
  for (const ProcessColumn& column : ProcessColumns()) {
    const Json& value = row.at(std::string(column.key));
    const ProcessValue expected = column.value(process);
    EXPECT_EQ(value.is_null(), std::holds_alternative<std::monostate>(expected)) << column.key;
    EXPECT_EQ(value.is_string(), std::holds_alternative<std::string>(expected)) << column.key;
    if (const auto* whole = std::get_if<int64_t>(&expected)) {
      EXPECT_EQ(value, *whole) << column.key;
    }
  }
  EXPECT_EQ(row["growth_per_minute"], -2) << "bytes are whole";
}

TEST(JsonProcesses, BytesThatAreNoUtf8AreReplaced) {
  Process process;
  process.name = "a\xff\n\x1b\"\\";
  const Json row = Json::parse(OomJson({process}, AllFields()))["processes"][0];
  EXPECT_EQ(row["command"], "a\uFFFD\n\x1b\"\\");
}

TEST(JsonProcesses, TheKeysOfOomscoreAreKept) {
  const Json document =
      Json::parse(OomJson({Process{}}, *ParseProcessFields("rank,pid,command,oom_score,oom_score_adj,oom_adj,"
                                                           "badness_bytes,rss,swap,page_tables")));
  EXPECT_EQ(document["schema"], "glassheap.oom/1");
  EXPECT_EQ(document["processes"][0].size(), 10u);
}

TEST(JsonProcesses, ALineOfMemtop) {
  Machine machine;
  machine.realtime_seconds = 1700000000.1234;
  machine.memory.total = 100;
  const Process process;
  const std::string line = TopJsonLine(machine, {&process}, *ParseProcessFields("pid"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Json document = Json::parse(line);
  EXPECT_EQ(document["schema"], "glassheap.top/1");
  EXPECT_DOUBLE_EQ(document["time"], 1700000000.123);
  EXPECT_EQ(document["system"]["memory"]["total"], 100);
  EXPECT_TRUE(document["system"]["pressure"].is_null());
  EXPECT_TRUE(document["system"]["load"].is_null());
  EXPECT_EQ(document["processes"].size(), 1u);
}

TEST(JsonProcesses, WhatSetDid) {
  const Json document = Json::parse(OomChangesJson({{42, "x", 0, -941}}));
  EXPECT_EQ(document["schema"], "glassheap.oom_set/1");
  EXPECT_EQ(document["changes"][0]["oom_score_adj"], -941);
  EXPECT_EQ(document["changes"][0]["oom_adj"], -15);
  EXPECT_EQ(document["changes"][0]["oom_score_adj_before"], 0);
}

}  // namespace
}  // namespace glassheap::tools
