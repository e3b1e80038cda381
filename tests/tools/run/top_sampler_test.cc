#include "tools/run/top_sampler.h"

#include <gtest/gtest.h>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

TEST(TopSampler, PutsTheMachineAndItsProcessesTogether) {
  FakeRoot fake;
  fake.SetMemory(1 << 20, 1 << 10);
  fake.Write("proc/loadavg", "1.00 2.00 3.00 1/2 3\n");
  fake.Write("proc/uptime", "77.5 1.0\n");
  fake.Write("etc/passwd", "redis:x:7:7::/:\n");
  fake.AddProcess({.pid = 42, .rss_kib = 100, .oom_score_adj = 1, .uid = 7});
  fake.AddProcess({.pid = 43, .kernel_thread = true});
  TopSampler sampler(fake.root());
  const auto sample = sampler.Sample(kReadOomScoreAdj);
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->machine.memory.total, uint64_t{1} << 30);
  EXPECT_EQ(sample->machine.tasks, 2u);
  EXPECT_EQ((*sample->machine.load)[2], 3.0);
  EXPECT_EQ(sample->machine.uptime_seconds, 77.5);
  EXPECT_FALSE(sample->machine.pressure);
  EXPECT_GT(sample->machine.realtime_seconds, 1e9);
  for (const Process& process : sample->processes) {
    if (process.pid != 42) continue;
    EXPECT_EQ(process.user, "redis");
    EXPECT_EQ(process.rank, 1u);
    const int64_t total_pages = (1 << 20) / 4 + (1 << 10) / 4;
    EXPECT_EQ(process.badness, (25 + total_pages / 1000) * 4096);
  }
}

TEST(TopSampler, RatesBetweenTwoCapturesAreExact) {
  FakeRoot fake;
  fake.SetMemory(1 << 20, 0);
  fake.AddProcess({.pid = 42, .rss_kib = 1024});
  const auto write = [&](const char* uptime, const char* faults, const char* ticks) {
    fake.Write("proc/uptime", std::string(uptime) + " 1.0\n");
    fake.Write("proc/42/stat",
               std::string("42 (x) S 1 0 0 0 -1 0 ") + faults + " 0 7 0 " + ticks + " 0 0 0 20 0 1 0 100 0 0\n");
  };
  TopSampler sampler(fake.root());
  write("100.0", "1000", "50");
  EXPECT_FALSE(sampler.Sample(kReadStat)->processes[0].minor_faults_per_second);
  write("101.0", "1250", "75");
  const auto sample = sampler.Sample(kReadStat);
  EXPECT_EQ(sample->processes[0].minor_faults_per_second, 250.0);
  EXPECT_EQ(sample->processes[0].cpu_percent, 25.0);
  EXPECT_EQ(sample->processes[0].cpu_seconds, 0.75);
  EXPECT_NEAR(*sample->processes[0].memory_percent, 100.0 / 1024, 1e-9);
}

TEST(TopSampler, NoMeminfoIsAnErrorThatNamesIt) {
  FakeRoot fake;
  TopSampler sampler(fake.root());
  EXPECT_EQ(sampler.Sample(0).error().Text(),
            fake.PathOf("proc/meminfo") + ": No such file or directory; --root wants a directory with proc/ in it");
  fake.Write("proc/meminfo", "nothing\n");
  EXPECT_EQ(sampler.Sample(0).error().Text(), fake.PathOf("proc/meminfo") + ": it has no MemTotal or no MemFree line");
}

}  // namespace
}  // namespace glassheap::tools
