// One measured run: what it counts, held against /usr/bin/time -v, and that it leaves nothing behind.
#include "tools/run/measured_run.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/shell.h"
#include "tools/run/compare_runs.h"

namespace glassheap::tools {
namespace {

using testing::Shell;

Result<MeasuredRun> Measure(MeasuredSpec spec) {
  AdoptOrphans();
  SignalRelay signals;
  return RunMeasured(spec, signals);
}

MeasuredSpec Sh(const std::string& script) { return {{"/bin/sh", "-c", script}, "", true, std::nullopt}; }

// The figure that follows `label` in what /usr/bin/time -v wrote.
double TimeSays(const std::string& text, const std::string& label) {
  const size_t at = text.find(label);
  return at == std::string::npos ? -1 : std::stod(text.substr(at + label.size()));
}

TEST(MeasuredRun, CountsAsUsrBinTimeDoes) {
  // The work is the same each time: some 40 MB touched page by page, and some computing. Neither figure depends on what
  // else the machine does; user time does a little, and is held to a factor.
  const std::string work = "python3 -c 'b = bytearray(40000000); print(sum(range(3000000)))'";
  const Result<MeasuredRun> run = Measure({{"/bin/sh", "-c", "exec " + work}, "", true, std::nullopt});
  ASSERT_TRUE(run);
  EXPECT_EQ(run->wait_status, 0);
  const std::string said = Shell("/usr/bin/time -v /bin/sh -c \"exec " + work + "\"").err;
  const RunFigures& figures = run->figures;
  EXPECT_NEAR(figures.max_rss / 1024, TimeSays(said, "Maximum resident set size (kbytes): "), 1500) << said;
  EXPECT_NEAR(figures.minor_faults, TimeSays(said, "Minor (reclaiming a frame) page faults: "), 300) << said;
  EXPECT_GT(figures.minor_faults, 9000);
  const double user = TimeSays(said, "User time (seconds): ") + TimeSays(said, "System time (seconds): ");
  EXPECT_LT(figures.user_seconds + figures.system_seconds, user * 3 + 0.1) << said;
  EXPECT_GT(figures.user_seconds + figures.system_seconds, user / 3 - 0.1) << said;
  EXPECT_GE(figures.wall_seconds, 0.9 * (figures.user_seconds + figures.system_seconds));  // one thread
}

TEST(MeasuredRun, OutputIsHashedAndItsEndKept) {
  const Result<MeasuredRun> one = Measure(Sh("echo out; echo err >&2"));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->output, "out\n");
  EXPECT_EQ(one->errors, "err\n");
  EXPECT_EQ(one->output_bytes, 4u);
  EXPECT_EQ(Measure(Sh("printf 'ou'; sleep 0.01; echo t"))->output_hash, one->output_hash);
  EXPECT_NE(Measure(Sh("echo oUt"))->output_hash, one->output_hash);
  const Result<MeasuredRun> large = Measure(Sh("head -c 5000000 /dev/zero; echo end"));
  EXPECT_EQ(large->output_bytes, 5'000'004u);
  EXPECT_EQ(large->output.size(), kKeptOutput);
  EXPECT_TRUE(large->output.ends_with("end\n"));
}

TEST(MeasuredRun, TheCommandHasNoTerminalAndNoInput) {
  const Result<MeasuredRun> run = Measure(Sh("cat; test -t 0 || echo none"));
  EXPECT_EQ(run->output, "none\n");
}

// Nothing of the command is left: not what it started in the background, nor what made itself a session of its own.
TEST(MeasuredRun, LeftoversAreKilled) {
  const Result<MeasuredRun> run =
      Measure(Sh("sleep 1000 & echo $!; setsid sh -c 'echo $$; exec sleep 1000' & sleep 0.2; exit 0"));
  ASSERT_TRUE(run);
  std::istringstream pids(run->output);
  pid_t pid;
  int count = 0;
  while (pids >> pid) {
    ++count;
    EXPECT_EQ(::kill(pid, 0), -1) << pid;
  }
  EXPECT_EQ(count, 2);
}

TEST(MeasuredRun, TimeOut) {
  MeasuredSpec spec = Sh("echo before; sleep 1000");
  spec.timeout = std::chrono::duration<double>(0.3);
  const Result<MeasuredRun> run = Measure(spec);
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->timed_out);
  EXPECT_TRUE(WIFSIGNALED(run->wait_status));
  EXPECT_EQ(run->output, "before\n");
}

TEST(MeasuredRun, ASignalToUsEndsTheRun) {
  AdoptOrphans();
  SignalRelay signals;
  ::raise(SIGINT);  // blocked by the relay, and waiting
  const Result<MeasuredRun> run = RunMeasured(Sh("sleep 1000"), signals);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->stopped_by, SIGINT);
}

TEST(MeasuredRun, WhatCannotBeStarted) {
  const Result<MeasuredRun> run = Measure({{"/no/such/program"}, "", true, std::nullopt});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().errno_value, ENOENT);
}

TEST(FindRate, TheLastMatchCounts) {
  const RateSpec rate = {"ops", std::regex("([0-9.,]+) ops")};
  EXPECT_EQ(FindRate(rate, "1 ops\n2,500.5 ops\n"), 2500.5);
  EXPECT_FALSE(FindRate(rate, "none"));
  EXPECT_FALSE(FindRate({"x", std::regex("[a-z]+")}, "abc"));
}

}  // namespace
}  // namespace glassheap::tools
