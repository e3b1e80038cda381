#include "tools/read/oom_adjustment.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "tests/support/fake_root.h"
#include "tests/support/idle_process.h"
#include "tools/model/oom.h"
#include "tools/read/process_stat.h"

namespace glassheap::tools {
namespace {

std::string FileOf(pid_t pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  std::string text;
  std::getline(file, text);
  return text;
}

class OomAdjustmentTest : public ::testing::Test {
 protected:
  std::string OpenError(const Root& root, pid_t pid) {
    const auto adjustment = OomAdjustment::Open(root, users_, pid);
    return adjustment ? "" : adjustment.error().Text();
  }

  Root machine_;
  Users users_{machine_};
};

TEST_F(OomAdjustmentTest, ReadsAndWrites) {
  const testing::IdleProcess child;
  const auto adjustment = OomAdjustment::Open(machine_, users_, child.pid());
  ASSERT_TRUE(adjustment);
  const int before = *adjustment->Read();
  EXPECT_EQ(*adjustment->Write(before + 7), before + 7);
  EXPECT_EQ(FileOf(child.pid(), "oom_score_adj"), std::to_string(before + 7));
}

// What we write for a legacy value must be what the kernel writes for it, and read as the kernel reads it. The kernel's
// oom_adj refuses to go down, so it is asked from below, where it can be.
TEST_F(OomAdjustmentTest, LegacyValuesAsTheKernelMapsThem) {
  int tried = 0;
  for (int legacy = kOomAdjMin; legacy <= kOomAdjMax; ++legacy) {
    const testing::IdleProcess child;
    std::ofstream file("/proc/" + std::to_string(child.pid()) + "/oom_adj");
    if (!(file << legacy << std::flush)) continue;  // below where it stands, and we may not
    ++tried;
    const int kernel = std::stoi(FileOf(child.pid(), "oom_score_adj"));
    EXPECT_EQ(kernel, ScoreAdjFromLegacy(legacy)) << legacy;
    EXPECT_EQ(FileOf(child.pid(), "oom_adj"), std::to_string(LegacyFromScoreAdj(kernel))) << legacy;
  }
  EXPECT_GE(tried, 1) << "15 is never below";
}

TEST_F(OomAdjustmentTest, TheKernelReadsTheLegacyScaleAsWeDo) {
  const testing::IdleProcess child;
  const auto adjustment = OomAdjustment::Open(machine_, users_, child.pid());
  ASSERT_TRUE(adjustment);
  for (int adj = *adjustment->Read(); adj <= 1000; ++adj) {
    ASSERT_TRUE(adjustment->Write(adj));
    ASSERT_EQ(FileOf(child.pid(), "oom_adj"), std::to_string(LegacyFromScoreAdj(adj))) << adj;
  }
}

TEST_F(OomAdjustmentTest, NoSuchProcess) {
  constexpr pid_t kBeyondPidMax = 1 << 30;
  EXPECT_EQ(OpenError(machine_, kBeyondPidMax), "pid 1073741824: no such process");
  FakeRoot fake;
  fake.Write("proc/meminfo", "");
  EXPECT_EQ(OpenError(fake.root(), 42), "pid 42: no such process");
}

TEST_F(OomAdjustmentTest, AZombieHasEnded) {
  testing::IdleProcess child;
  child.End();
  const std::string error = OpenError(machine_, child.pid());
  EXPECT_TRUE(error == "pid " + std::to_string(child.pid()) + ": has ended and waits for its parent (a zombie)" ||
              error == "pid " + std::to_string(child.pid()) + ": has ended meanwhile")
      << error;
}

TEST_F(OomAdjustmentTest, AProcessThatEndsIsNotMistakenForAnother) {
  auto child = std::make_unique<testing::IdleProcess>();
  const std::string name = "pid " + std::to_string(child->pid());
  const auto adjustment = OomAdjustment::Open(machine_, users_, child->pid());
  ASSERT_TRUE(adjustment);
  child.reset();  // killed and reaped: its pid is free
  EXPECT_EQ(adjustment->Read().error().Text(), name + ": has ended meanwhile");
  EXPECT_EQ(adjustment->Write(500).error().Text(), name + ": has ended meanwhile");
}

TEST_F(OomAdjustmentTest, AnotherThatHasThePidByNowIsRefused) {
  FakeRoot fake;
  fake.AddProcess({.pid = 42, .rss_kib = 4, .start_ticks = 500});
  EXPECT_TRUE(OomAdjustment::Open(fake.root(), users_, 42, 500));
  const auto reused = OomAdjustment::Open(fake.root(), users_, 42, 400);
  ASSERT_FALSE(reused);
  EXPECT_EQ(reused.error().Text(), "pid 42: another process has this pid by now; the one that was found has ended");
}

// The kernel counts starts in steps of 10 ms: two in one step cannot be told apart, so there are more until one can.
TEST_F(OomAdjustmentTest, OnThisMachineToo) {
  auto first = std::make_unique<testing::IdleProcess>();
  const pid_t pid = first->pid();
  const auto start_of = [&] { return ParseProcessStat(FileOf(pid, "stat"))->start_ticks; };
  const uint64_t start = start_of();
  first.reset();
  for (bool another = false; !another;) {
    if (testing::ForkWithPid(pid) != pid) GTEST_SKIP() << "may not choose pids here";
    another = start_of() != start;
    const auto adjustment = OomAdjustment::Open(machine_, users_, pid, start);
    EXPECT_EQ(!adjustment, another);
    if (another) {
      EXPECT_EQ(adjustment.error().Text(), "pid " + std::to_string(pid) +
                                               ": another process has this pid by now; the one that was found has "
                                               "ended");
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

TEST_F(OomAdjustmentTest, AThreadIsNotAProcess) {
  pid_t tid = 0;
  std::string error;
  std::thread([&] {
    tid = ::gettid();
    error = OpenError(machine_, tid);
  }).join();
  EXPECT_EQ(error, "pid " + std::to_string(tid) +
                       ": a thread; name the process it belongs to (Tgid in "
                       "/proc/PID/status)");
}

TEST_F(OomAdjustmentTest, WhatTheKernelNeverKillsIsRefused) {
  FakeRoot fake;
  fake.AddProcess({.pid = 1, .rss_kib = 4});
  fake.AddProcess({.pid = 9, .kernel_thread = true});
  EXPECT_EQ(OpenError(fake.root(), 1), "pid 1: init: the kernel never kills it, whatever its adjustment");
  EXPECT_EQ(OpenError(fake.root(), 9), "pid 9: a kernel thread: the kernel never kills it");
  fake.Write("proc/1/oom_score", "667\n");
  EXPECT_EQ(OpenError(fake.root(), 1), "") << "a container's first process is killed like any other";
}

TEST_F(OomAdjustmentTest, WritesOnlyInsideItsTree) {
  FakeRoot fake;
  fake.AddProcess({.pid = 42, .rss_kib = 4});
  const auto adjustment = OomAdjustment::Open(fake.root(), users_, 42);
  ASSERT_TRUE(adjustment);
  EXPECT_EQ(*adjustment->Write(-941), -941);
  EXPECT_EQ(fake.root().ReadFile("proc/42/oom_score_adj")->substr(0, 4), "-941");
}

}  // namespace
}  // namespace glassheap::tools
