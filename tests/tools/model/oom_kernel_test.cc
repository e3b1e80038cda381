// Our formula against the kernel's own figures: of this machine, and of captured ones.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "tests/support/idle_process.h"
#include "tools/model/machine.h"
#include "tools/model/process_table.h"
#include "tools/read/process_reader.h"
#include "tools/run/system_memory.h"

namespace glassheap::tools {
namespace {

std::optional<int64_t> KernelsScore(const Root& root, pid_t pid) {
  const auto text = root.ReadFile("proc/" + std::to_string(pid) + "/oom_score");
  int64_t score = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), score).ec != std::errc()) return std::nullopt;
  return score;
}

OomScope ScopeOf(const Root& root) { return WholeMachine(*ReadSystemMemory(root)); }

// Status counts exactly (since 6.16), badness with what each processor has already handed in: up to a batch of pages is
// missing in each of three counters on each processor (lib/percpu_counter.c).
int64_t SlackPages() {
  const int64_t processors = std::max(1L, ::sysconf(_SC_NPROCESSORS_CONF));
  return 3 * processors * std::max<int64_t>(32, 2 * processors);
}

void ExpectKernelsScore(const Process& process, int64_t kernels, const OomScope& scope) {
  if (!process.badness) {
    EXPECT_EQ(kernels, 0) << process.pid << " " << process.name;
    return;
  }
  const int64_t pages = *process.badness / static_cast<int64_t>(scope.page_bytes);
  EXPECT_GE(kernels, OomScore(pages - SlackPages(), scope)) << process.pid << " " << process.name;
  EXPECT_LE(kernels, OomScore(pages + SlackPages(), scope)) << process.pid << " " << process.name;
}

std::optional<Process> Describe(const Root& root, pid_t pid) {
  const auto sample = ProcessReader(root).ReadOne(pid, kReadOomScoreAdj);
  if (!sample) return std::nullopt;
  Users users(root);
  return DescribeProcess(*sample, ScopeOf(root), users);
}

// oom: this kind of machine (6.18). oom-v2: made by hand, with swap and every sort of adjustment. kernel-4.19: made by
// hand too, by the sources of that kernel.
class OomScoreOf : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Hosts, OomScoreOf, ::testing::Values("oom", "oom-v2", "kernel-4.19"));

TEST_P(OomScoreOf, ACapturedMachine) {
  const Root root(std::string("testdata/hosts/") + GetParam());
  ProcessReader reader(root);
  const auto samples = reader.ReadAll(kReadStatusOnly);
  ASSERT_TRUE(samples);
  ASSERT_GE(samples->size(), 10u);
  for (const ProcessSample& sample : *samples) {
    const auto process = Describe(root, sample.pid);
    ASSERT_TRUE(process) << sample.pid;
    EXPECT_EQ(process->oom_score, KernelsScore(root, sample.pid)) << sample.status.name;
  }
}

// A process may grow between two reads, so the kernel is asked before and after, and a process is taken again when its
// answers differ.
TEST(OomScore, OfEveryProcessOfThisMachine) {
  const Root root;
  ProcessReader reader(root);
  const auto samples = reader.ReadAll(kReadStatusOnly);
  ASSERT_TRUE(samples);
  int compared = 0;
  for (const ProcessSample& sample : *samples) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      const auto before = KernelsScore(root, sample.pid);
      const auto process = Describe(root, sample.pid);
      const auto after = KernelsScore(root, sample.pid);
      if (!before || !process || before != after) continue;
      ExpectKernelsScore(*process, *before, ScopeOf(root));
      ++compared;
      break;
    }
  }
  EXPECT_GT(compared, 0);
}

TEST(OomScore, OfEveryAdjustmentWeMaySet) {
  const Root root;
  const testing::IdleProcess child;
  for (int adj = 0; adj <= 1000; adj += 20) {
    const auto process = root.OpenDirectory("proc/" + std::to_string(child.pid()));
    ASSERT_TRUE(process);
    if (!process->WriteFile("oom_score_adj", std::to_string(adj))) continue;
    ExpectKernelsScore(*Describe(root, child.pid()), *KernelsScore(root, child.pid()), ScopeOf(root));
  }
}

}  // namespace
}  // namespace glassheap::tools
