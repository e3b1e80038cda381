// What memtop asks of one process: its signals, its PSS, its inside; on processes of this test.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "tests/support/fake_region.h"
#include "tests/support/fake_root.h"
#include "tests/support/idle_process.h"
#include "tools/read/process_signal.h"
#include "tools/run/detail_sampler.h"
#include "tools/run/pss_sampler.h"
#include "tools/run/top_sampler.h"

namespace glassheap::tools {
namespace {

using testing::IdleProcess;

const Process* Find(const std::vector<Process>& processes, pid_t pid) {
  const auto found = std::ranges::find(processes, pid, &Process::pid);
  return found == processes.end() ? nullptr : &*found;
}

class ProcessSamplingTest : public ::testing::Test {
 protected:
  std::vector<Process> Sample() { return std::move(sampler_.Sample(kReadStatusOnly)->processes); }

  Root root_;
  TopSampler sampler_{root_};
};

TEST(SendSignal, ReachesTheOneThatIsMeant) {
  const IdleProcess child;
  EXPECT_FALSE(SendSignal(child.pid(), SIGKILL, [] { return true; }));
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_status, SIGKILL);
}

TEST(SendSignal, ReachesNobodyElse) {
  const IdleProcess child;
  const auto error = SendSignal(child.pid(), SIGKILL, [] { return false; });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->Text(), "pid " + std::to_string(child.pid()) + ": has ended meanwhile");
  EXPECT_EQ(::kill(child.pid(), 0), 0) << "it lives";
}

TEST_F(ProcessSamplingTest, PssIsMeasuredOnDemand) {
  const IdleProcess child;
  PssSampler pss;
  std::vector<Process> processes = Sample();
  pss.Collect(processes, 10, true);
  EXPECT_FALSE(Find(processes, child.pid())->pss) << "nobody asked";
  pss.MeasureNow(*Find(processes, child.pid()), sampler_.reader());
  pss.Collect(processes, 10, false);
  const Process measured = *Find(processes, child.pid());
  ASSERT_TRUE(measured.pss);
  EXPECT_GT(*measured.pss, 0u);
  EXPECT_LE(*measured.uss, *measured.pss);
  EXPECT_EQ(measured.pss_age_seconds, 0.0);
  processes = Sample();
  pss.Collect(processes, 14, false);
  EXPECT_EQ(Find(processes, child.pid())->pss_age_seconds, 4.0);
}

TEST_F(ProcessSamplingTest, PssWithinABudget) {
  const IdleProcess first, second;
  PssSampler pss;
  std::vector<Process> processes = Sample();
  std::vector<Process> large = {*Find(processes, first.pid()), *Find(processes, second.pid())};
  large[0].rss = PssSampler::kTooLarge;
  pss.Measure({&large[0], &large[1]}, sampler_.reader(), 1);
  pss.Collect(processes, 1, true);
  EXPECT_FALSE(Find(processes, first.pid())->pss) << "too large to be measured without being asked";
  EXPECT_TRUE(Find(processes, second.pid())->pss);
}

TEST_F(ProcessSamplingTest, TheInsideOfAProcessOutlivesIt) {
  IdleProcess child([] {
    FileDescriptor region = testing::MakeRegionFile(*testing::MakeFakeHeap(static_cast<uint64_t>(::getpid())));
    ::dup2(region.get(), abi::kRegionFdMin);
  });
  DetailSampler sampler{root_};
  std::vector<Process> processes = Sample();
  const uint64_t incarnation = Find(processes, child.pid())->incarnation;
  const ProcessDetail& alive = sampler.Sample(child.pid(), incarnation, processes, sampler_.reader(), 1);
  EXPECT_FALSE(alive.ended);
  ASSERT_TRUE(alive.heap);
  EXPECT_EQ(alive.heap->threads.size(), 2u);
  EXPECT_FALSE(alive.rss.empty());
  child.End();
  const ProcessDetail& ended = sampler.Sample(child.pid(), incarnation, Sample(), sampler_.reader(), 2);
  EXPECT_TRUE(ended.ended);
  EXPECT_TRUE(ended.heap) << "its last figures";
  EXPECT_EQ(ended.process.pid, child.pid());
}

TEST_F(ProcessSamplingTest, OneThatIsAboutToEndKeepsItsFigures) {
  const IdleProcess child;
  DetailSampler sampler{root_};
  std::vector<Process> processes = Sample();
  const uint64_t incarnation = Find(processes, child.pid())->incarnation;
  sampler.Sample(child.pid(), incarnation, processes, sampler_.reader(), 1);
  std::ranges::find(processes, child.pid(), &Process::pid)->rss.reset();  // as in exit(), before it is a zombie
  const ProcessDetail& ending = sampler.Sample(child.pid(), incarnation, processes, sampler_.reader(), 2);
  EXPECT_TRUE(ending.ended);
  EXPECT_TRUE(ending.process.rss);
}

TEST_F(ProcessSamplingTest, TheInsideOfAProcessWithoutAHeap) {
  const IdleProcess child;
  DetailSampler sampler{root_};
  const std::vector<Process> processes = Sample();
  const ProcessDetail& detail =
      sampler.Sample(child.pid(), Find(processes, child.pid())->incarnation, processes, sampler_.reader(), 1);
  EXPECT_FALSE(detail.heap);
  EXPECT_NE(detail.why_no_heap.find("No glassheap heap can be seen"), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
