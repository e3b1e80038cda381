#include "tools/read/process_reader.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "tests/support/fake_root.h"
#include "tests/support/idle_process.h"

namespace glassheap::tools {
namespace {

constexpr unsigned kEverything = kReadStat | kReadOomScoreAdj | kReadCommandLine;

using namespace std::string_literals;

TEST(ProcessReader, ReadsEveryProcessOfTheTree) {
  FakeRoot fake;
  fake.AddProcess({.pid = 42,
                   .name = "redis",
                   .rss_kib = 100,
                   .swap_kib = 8,
                   .page_tables_kib = 4,
                   .oom_score_adj = -900,
                   .uid = 7,
                   .command_line = "redis-server\0*:6379\0"s});
  fake.AddProcess({.pid = 9, .name = "kworker", .kernel_thread = true});
  fake.Write("proc/meminfo", "");
  fake.Write("proc/12x/status", "Name:\tno\n");
  ProcessReader reader(fake.root());
  auto samples = reader.ReadAll(kEverything);
  ASSERT_TRUE(samples);
  ASSERT_EQ(samples->size(), 2u);
  std::sort(samples->begin(), samples->end(), [](auto& a, auto& b) { return a.pid < b.pid; });
  const ProcessSample& redis = (*samples)[1];
  EXPECT_EQ(redis.pid, 42);
  EXPECT_EQ(redis.status.name, "redis");
  EXPECT_EQ(redis.oom_score_adj, -900);
  EXPECT_EQ(redis.command_line, "redis-server *:6379");
  EXPECT_EQ(redis.stat->start_ticks, 100u);
  EXPECT_FALSE(redis.init);
  EXPECT_TRUE((*samples)[0].status.kernel_thread);
  EXPECT_EQ((*samples)[0].command_line, "");
}

TEST(ProcessReader, ReadsOnlyWhatIsAskedFor) {
  FakeRoot fake;
  fake.AddProcess({.pid = 42, .command_line = "x\0"s});
  fake.Remove("proc/42/stat");
  ProcessReader reader(fake.root());
  const auto samples = reader.ReadAll(kReadStatusOnly);
  ASSERT_EQ(samples->size(), 1u);
  EXPECT_FALSE(samples->front().stat);
  EXPECT_FALSE(samples->front().oom_score_adj);
  EXPECT_EQ(samples->front().command_line, "");
}

TEST(ProcessReader, AProcessThatVanishesIsNoError) {
  FakeRoot fake;
  fake.AddProcess({.pid = 42});
  fake.AddProcess({.pid = 43});
  ProcessReader reader(fake.root());
  EXPECT_EQ(reader.ReadAll(kEverything)->size(), 2u);
  fake.Remove("proc/42/status");  // its folder is still listed
  EXPECT_EQ(reader.ReadAll(kEverything)->size(), 1u);
  fake.Remove("proc/43");
  EXPECT_EQ(reader.ReadAll(kEverything)->size(), 0u);
}

TEST(ProcessReader, AReusedPidIsANewProcess) {
  FakeRoot fake;
  fake.AddProcess({.pid = 42, .name = "same", .rss_kib = 4, .command_line = "first\0"s});
  ProcessReader reader(fake.root());
  const auto first = reader.ReadOne(42, kEverything);
  fake.Remove("proc/42");
  fake.AddProcess({.pid = 42, .name = "same", .rss_kib = 4, .command_line = "second\0"s});
  const auto second = reader.ReadOne(42, kEverything);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->incarnation, second->incarnation);
  EXPECT_EQ(second->command_line, "second");
}

TEST(ProcessReader, ACommandLineIsKeptUntilTheNameChanges) {
  FakeRoot fake;
  FakeProcess process{.pid = 42, .name = "sh", .rss_kib = 4, .command_line = "sh\0"s};
  fake.AddProcess(process);
  ProcessReader reader(fake.root());
  EXPECT_EQ(reader.ReadOne(42, kEverything)->command_line, "sh");
  process.command_line = "quiet change\0"s;
  fake.AddProcess(process);
  EXPECT_EQ(reader.ReadOne(42, kEverything)->command_line, "sh");
  process.name = "node";
  fake.AddProcess(process);
  EXPECT_EQ(reader.ReadOne(42, kEverything)->command_line, "quiet change");
}

TEST(ProcessReader, ThreadsAndTheControlGroupWhenTheyAreAskedFor) {
  FakeRoot fake;
  fake.AddProcess({.pid = 42, .name = "x", .rss_kib = 4});
  fake.Write("proc/42/status", "Name:\tx\nVmRSS:\t4 kB\nThreads:\t2\n");
  fake.Write("proc/42/cgroup", "5:cpu,memory:/system.slice/x.service\n0::/unified\n");
  fake.Write("proc/42/task/43/stat", "43 (b) R 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0\n");
  fake.Write("proc/42/task/42/stat", "42 (a) S 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0\n");
  fake.Write("proc/42/task/nonsense/stat", "x");
  ProcessReader reader(fake.root());
  const auto nothing = reader.ReadOne(42, kReadStatusOnly);
  EXPECT_TRUE(nothing->threads.empty());
  EXPECT_EQ(nothing->cgroup, "");
  const auto sample = reader.ReadOne(42, kReadCgroup | kReadThreads);
  ASSERT_EQ(sample->threads.size(), 2u);
  EXPECT_EQ(sample->threads[1].name, "b");
  EXPECT_EQ(sample->threads[1].state, 'R');
  EXPECT_EQ(sample->cgroup, "/system.slice/x.service");
}

TEST(ProcessReader, ADirectoryBelongsToOneIncarnation) {
  FakeRoot fake;
  fake.AddProcess({.pid = 42, .rss_kib = 4});
  ProcessReader reader(fake.root());
  const uint64_t incarnation = reader.ReadOne(42, kReadStatusOnly)->incarnation;
  EXPECT_NE(reader.DirectoryOf(42, incarnation), nullptr);
  EXPECT_EQ(reader.DirectoryOf(42, incarnation + 1), nullptr);
  EXPECT_EQ(reader.DirectoryOf(43, incarnation), nullptr);
  fake.Remove("proc/42/status");
  EXPECT_EQ(reader.DirectoryOf(42, incarnation), nullptr) << "it has ended";
}

TEST(ProcessReader, AStatusIsKeptWhileTheMemoryStaysAsItIs) {
  int commands[2], done[2];
  ASSERT_EQ(::pipe(commands), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(commands[1]);  // or the end of the commands would never come
    char byte;
    for (size_t size = 0; ::read(commands[0], &byte, 1) == 1;) {
      if (byte == 'n') ::prctl(PR_SET_NAME, "renamed");
      if (byte == 'm') size += 8 << 20;
      if (byte == 'm') ::memset(::malloc(size), 1, size);
      (void)!::write(done[1], "x", 1);
    }
    ::_exit(0);
  }
  const auto tell = [&](char what) {
    char byte = what;
    return ::write(commands[1], &byte, 1) == 1 && ::read(done[0], &byte, 1) == 1;
  };
  const Root root;
  ProcessReader reader(root);
  const auto read = [&] { return *reader.ReadOne(child, kReadStatusWhenChanged); };
  ASSERT_TRUE(tell('x'));
  ProcessSample kept = read();
  for (int i = 0; i < 3 && !kept.status_is_kept; ++i) kept = read();  // one in eight is read all the same
  EXPECT_TRUE(kept.status_is_kept);
  EXPECT_GT(kept.status.rss, 0u);
  ASSERT_TRUE(tell('m'));
  const ProcessSample grown = read();
  EXPECT_FALSE(grown.status_is_kept);
  EXPECT_GE(*grown.status.rss, *kept.status.rss + (8 << 20));
  ASSERT_TRUE(tell('n'));
  EXPECT_EQ(reader.ReadOne(child, kReadStatusOnly)->status.name, "renamed");
  ::close(commands[1]);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(reader.ReadOne(child, kReadStatusWhenChanged));
}

TEST(ProcessReader, AStatusIsReadInTurnAllTheSame) {
  const testing::IdleProcess child;
  const Root root;
  ProcessReader reader(root);
  uint64_t read = 0;
  for (uint64_t i = 0; i < 2 * kStatusRefreshes; ++i) {
    const auto samples = reader.ReadAll(kReadStatusWhenChanged);
    read += !std::ranges::find(*samples, child.pid(), &ProcessSample::pid)->status_is_kept;
  }
  EXPECT_GE(read, 2u);
  EXPECT_LE(read, 6u) << "the first ones, as its memory comes to rest, and two in turn";
}

TEST(ProcessReader, PidOneIsInitOnlyWhereTheKernelSpares) {
  FakeRoot fake;
  fake.AddProcess({.pid = 1, .rss_kib = 4});
  EXPECT_TRUE(ProcessReader(fake.root()).ReadOne(1, kEverything)->init);
  fake.Write("proc/1/oom_score", "667\n");
  EXPECT_FALSE(ProcessReader(fake.root()).ReadOne(1, kEverything)->init) << "a container's";
}

TEST(ProcessReader, NoProcIsAnErrorThatNamesIt) {
  FakeRoot fake;
  ProcessReader reader(fake.root());
  const auto samples = reader.ReadAll(kEverything);
  ASSERT_FALSE(samples);
  EXPECT_EQ(samples.error().Text(), fake.PathOf("proc") + ": No such file or directory");
}

TEST(ProcessReader, TheMachineItself) {
  const Root root;
  ProcessReader reader(root);
  const auto samples = reader.ReadAll(kEverything);
  ASSERT_TRUE(samples);
  const auto self = std::find_if(samples->begin(), samples->end(), [](auto& s) { return s.pid == ::getpid(); });
  ASSERT_NE(self, samples->end());
  EXPECT_GT(self->status.rss, 0u);
  EXPECT_TRUE(self->oom_score_adj);
  EXPECT_NE(self->command_line, "");
  EXPECT_EQ(self->status.state, self->stat->state);
}

TEST(ProcessReader, AHostileNameOfALiveProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const std::string name = ") R 1\n\x1b[2";
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NAME, name.c_str());
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const Root root;
  const auto sample = ProcessReader(root).ReadOne(child, kEverything);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->status.name, name);
  EXPECT_EQ(sample->stat->name, name);
}

TEST(JoinCommandLine, BlanksForNulsAndABound) {
  EXPECT_EQ(JoinCommandLine("a\0b c\0\0\0"s), "a b c");
  EXPECT_EQ(JoinCommandLine(""), "");
  EXPECT_EQ(JoinCommandLine(std::string(1 << 20, 'x')).size(), kMaxCommandLine);
}

}  // namespace
}  // namespace glassheap::tools
