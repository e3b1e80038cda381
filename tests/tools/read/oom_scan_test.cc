#include "tools/read/oom_scan.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

TEST(ScanForOom, ReadsWhatBadnessNeeds) {
  FakeRoot fake;
  fake.AddProcess({.pid = 1, .rss_kib = 4});
  fake.AddProcess({.pid = 200, .name = "a) R 1\n", .rss_kib = 8, .oom_score_adj = -5});
  fake.AddProcess({.pid = 30, .name = "k", .kernel_thread = true});
  fake.Write("proc/self/status", "Name:\tno pid\n");
  fake.Write("proc/77/cmdline", "its status is gone");
  const auto samples = ScanForOom(fake.root());
  ASSERT_TRUE(samples);
  ASSERT_EQ(samples->size(), 3u);
  EXPECT_TRUE((*samples)[0].init);
  EXPECT_EQ((*samples)[1].pid, 30);
  EXPECT_TRUE((*samples)[1].status.kernel_thread);
  EXPECT_EQ((*samples)[2].status.name, "a) R 1\n");
  EXPECT_EQ((*samples)[2].status.rss, 8192u);
  EXPECT_EQ((*samples)[2].oom_score_adj, -5);
}

TEST(ScanForOom, AStatusLongerThanAPageIsReadInFull) {
  FakeRoot fake;
  std::string groups;
  for (int group = 0; group < 4000; ++group) groups += std::to_string(100'000 + group) + " ";
  fake.Write("proc/5/status", "Name:\tmember\nGroups:\t" + groups + "\nVmRSS:\t  12 kB\nThreads:\t1\n");
  fake.Write("proc/5/oom_score_adj", "0\n");
  EXPECT_EQ((*ScanForOom(fake.root()))[0].status.rss, 12288u);
}

TEST(ScanForOom, AContainersFirstProcessIsNoInit) {
  FakeRoot fake;
  fake.AddProcess({.pid = 1, .rss_kib = 4});
  fake.Write("proc/1/oom_score", "667\n");
  EXPECT_FALSE((*ScanForOom(fake.root()))[0].init);
}

TEST(ScanForOom, SeesThisMachine) {
  const auto samples = ScanForOom(Root());
  ASSERT_TRUE(samples);
  bool found = false;
  for (const OomSample& sample : *samples) found = found || (sample.pid == ::getpid() && sample.oom_score_adj);
  EXPECT_TRUE(found);
}

TEST(ScanForOom, WithoutProc) {
  FakeRoot fake;
  EXPECT_FALSE(ScanForOom(fake.root()));
}

}  // namespace
}  // namespace glassheap::tools
