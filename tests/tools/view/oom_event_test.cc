#include "tools/view/oom_event.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <nlohmann/json.hpp>

namespace glassheap::tools {
namespace {

class OomEventTest : public ::testing::Test {
 protected:
  OomEventTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    event_.realtime_seconds = 1764036818.25;
    event_.user = "ann";
    event_.kill.pid = 42;
    event_.kill.name = "a\x1b[31m\n";
    event_.kill.cgroup = "/a";
    event_.kill.task_cgroup = "/a/b";
    event_.kill.limit = 48 << 20;
    event_.kill.anon = 40 << 20;
    event_.kill.file = 4096;
    event_.kill.shmem = 0;
    event_.kill.oom_score_adj = -5;
  }
  OomEvent event_;
};

TEST_F(OomEventTest, InACgroup) {
  EXPECT_EQ(OomEventText(event_),
            "2025-11-25 02:13:38 pid 42 (a\\x1b[31m\\x0a) of ann was killed: memory cgroup /a was full, its limit is "
            "48.0Mi; it was in /a/b; it had 40.0Mi of its own, 4.00Ki of files, oom_score_adj -5\n");
}

TEST_F(OomEventTest, WithItsHeapAtDeath) {
  event_.kill = OomKill();
  event_.kill.pid = 42;
  event_.kill.name = "x";
  ProcessHeap heap;
  heap.live = 30 << 20;
  heap.page_heap_free = 2 << 20;
  heap.cached = 3 << 20;
  event_.heap = heap;
  EXPECT_EQ(OomEventText(event_),
            "2025-11-25 02:13:38 pid 42 (x) of ann was killed: memory ran out; its heap at death: live 30.0Mi, cached "
            "3.00Mi, fragmented 0, of that 2.00Mi could have been released\n");
}

TEST_F(OomEventTest, OnlyCounted) {
  OomEvent counted;
  counted.realtime_seconds = event_.realtime_seconds;
  counted.told = false;
  EXPECT_EQ(OomEventText(counted), "2025-11-25 02:13:38 a process was killed: memory ran out\n");
  counted.kills = 3;
  EXPECT_EQ(OomEventText(counted), "2025-11-25 02:13:38 3 processes were killed: memory ran out\n");
  counted.kill.pid = 7;
  counted.kill.name = "x";
  EXPECT_EQ(OomEventText(counted),
            "2025-11-25 02:13:38 pid 7 (x) was probably killed (it has vanished), and 2 more: memory ran out\n");
}

TEST_F(OomEventTest, AsJson) {
  const auto json = nlohmann::json::parse(OomEventJsonLine(event_));
  EXPECT_EQ(json["schema"], "glassheap.oom_event/1");
  EXPECT_EQ(json["time"], 1764036818.25);
  EXPECT_EQ(json["pid"], 42);
  EXPECT_EQ(json["command"], "a\x1b[31m\n");
  EXPECT_EQ(json["limit"], 48 << 20);
  EXPECT_EQ(json["told_by_kernel"], true);
  EXPECT_TRUE(json["heap"].is_null());
  const auto unknown = nlohmann::json::parse(OomEventJsonLine(OomEvent()));
  EXPECT_TRUE(unknown["pid"].is_null());
  EXPECT_TRUE(unknown["command"].is_null());
}

}  // namespace
}  // namespace glassheap::tools
