#include "tools/run/oom_ranking.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/fake_region.h"
#include "tests/support/fake_root.h"
#include "tests/support/idle_process.h"

namespace glassheap::tools {
namespace {

class OomRankingTest : public ::testing::Test {
 protected:
  OomRankingTest() {
    fake_.SetMemory(1 << 20, 0);
    fake_.Write("etc/passwd", "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/:/bin/sh\n");
    fake_.AddProcess({.pid = 1, .name = "init", .rss_kib = 9000, .ppid = 0});
    fake_.AddProcess({.pid = 2, .name = "kthreadd", .ppid = 0, .kernel_thread = true});
    fake_.AddProcess({.pid = 10, .name = "shell", .rss_kib = 100, .uid = 1000, .command_line = "sh"});
    fake_.AddProcess({.pid = 11, .name = "large", .rss_kib = 5000, .uid = 1000, .ppid = 10});
    fake_.AddProcess({.pid = 12, .name = "small", .rss_kib = 50, .oom_score_adj = -5, .ppid = 11});
    fake_.AddProcess({.pid = 13, .name = "spared", .rss_kib = 7000, .oom_score_adj = -1000});
    request_.sort = *ParseProcessSort("rank");
    request_.needs = kNeedsCommandLine;
  }

  std::vector<pid_t> Rows() {
    const auto ranking = RankForOom(fake_.root(), request_);
    std::vector<pid_t> pids;
    if (!ranking) return pids;
    last_ = *ranking;
    for (const RankingRow& row : last_.rows) pids.push_back(row.process.pid);
    return pids;
  }

  FakeRoot fake_;
  RankingRequest request_;
  OomRanking last_;
};

TEST_F(OomRankingTest, InTheKernelsOrderAndTheSparedBehind) {
  EXPECT_EQ(Rows(), (std::vector<pid_t>{11, 10, 12, 1, 13}));
  EXPECT_EQ(last_.ranked, 3u);
  EXPECT_EQ(last_.rows[1].process.command_line, "sh");
}

TEST_F(OomRankingTest, AFewKeepTheirRankAndGetTheirDetails) {
  request_.count = 2;
  EXPECT_EQ(Rows(), (std::vector<pid_t>{11, 10}));
  EXPECT_EQ(last_.left_out, 3u);
  EXPECT_EQ(last_.rows[1].process.rank, 2u);
  EXPECT_EQ(last_.rows[1].process.command_line, "sh");
}

TEST_F(OomRankingTest, KernelThreadsWhenAskedFor) {
  request_.all = true;
  EXPECT_EQ(Rows(), (std::vector<pid_t>{11, 10, 12, 1, 13, 2}));
  request_ = RankingRequest{{2}, {}, {}, false, false, SIZE_MAX, 0, request_.sort};
  EXPECT_EQ(Rows(), std::vector<pid_t>{2}) << "by its pid it is shown";
}

TEST_F(OomRankingTest, ByUserByNameByPid) {
  request_.users = {"ann"};
  EXPECT_EQ(Rows(), (std::vector<pid_t>{11, 10}));
  request_.names = {"large", "small"};
  EXPECT_EQ(Rows(), std::vector<pid_t>{11}) << "both must hold";
  request_.users = {"1000", "0"};
  EXPECT_EQ(Rows(), (std::vector<pid_t>{11, 12}));
  request_ = RankingRequest{{12, 99}, {}, {}, false, false, SIZE_MAX, 0, request_.sort};
  EXPECT_EQ(Rows(), std::vector<pid_t>{12});
  EXPECT_EQ(last_.missing, std::vector<pid_t>{99});
  request_.users = {"nobody-here"};
  const auto unknown = RankForOom(fake_.root(), request_);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().Text(), "-u nobody-here: no such user");
}

TEST_F(OomRankingTest, AsATree) {
  request_.tree = true;
  EXPECT_EQ(Rows(), (std::vector<pid_t>{1, 10, 11, 12, 13})) << "whose parent is not shown is at the top";
  EXPECT_EQ(last_.rows[3].depth, 3u);
}

TEST_F(OomRankingTest, OnlyWhatIsShownIsRead) {
  request_.needs = kNeedsNothing;
  Rows();
  EXPECT_EQ(last_.rows[1].process.command_line, "");
  fake_.Write("proc/10/cgroup", "4:memory:/jobs\n");
  request_.needs = kNeedsCgroup;
  Rows();
  EXPECT_EQ(last_.rows[1].process.cgroup, "/jobs");
}

TEST_F(OomRankingTest, SortedByAColumnThatIsReadForIt) {
  request_.sort = *ParseProcessSort("command_line");
  request_.count = 1;
  EXPECT_EQ(Rows(), std::vector<pid_t>{10}) << "the only one that has any";
}

TEST_F(OomRankingTest, ByAnotherColumn) {
  request_.sort = *ParseProcessSort("-pid");
  EXPECT_EQ(Rows(), (std::vector<pid_t>{1, 10, 11, 12, 13}));
}

// Whatever is left out to save time, a region that its process writes to is found.
TEST(OomRankingOfTheMachine, HeapsOfProcessesThatWriteToTheirRegion) {
  const testing::IdleProcess child([] {
    FileDescriptor region = testing::MakeRegionFile(*testing::MakeFakeHeap(static_cast<uint64_t>(::getpid())));
    ::dup2(region.get(), abi::kRegionFdMin);
    void* mapped = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, region.get(), 0);
    auto* byte = static_cast<volatile char*>(mapped);
    *byte = *byte;
  });
  RankingRequest request;
  request.sort = *ParseProcessSort("rank");
  request.needs = kNeedsHeap;
  request.pids = {child.pid()};
  const auto ranking = RankForOom(Root(), request);
  ASSERT_TRUE(ranking);
  ASSERT_EQ(ranking->rows.size(), 1u);
  EXPECT_TRUE(ranking->rows[0].process.heap);
}

}  // namespace
}  // namespace glassheap::tools
