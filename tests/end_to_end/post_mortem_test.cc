// What `memstat run` says of a command that was killed: by the kernel for want of memory, in a real memory cgroup, and by
// SIGKILL in the middle of its work.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/end_to_end/report.h"
#include "tests/end_to_end/shell.h"

namespace glassheap {
namespace {

constexpr int64_t kLimit = 256 << 20;

// Grows by 4 MiB at a time, in objects of 8 KiB with their 33 bytes of header, every byte of them written.
constexpr char kGrow[] =
    "import time\n"
    "kept = []\n"
    "while True:\n"
    "  kept += [bytes([1 + i % 255]) * 8159 for i in range(512)]\n"
    "  time.sleep(0.03)\n";

// Runs a command of `memstat run` in a memory cgroup with kLimit, of either version. Exits 77 where none can be had.
std::string InCgroup(const std::string& command) {
  return R"(
limit=)" +
         std::to_string(kLimit) +
         R"(
if mountpoint -q /sys/fs/cgroup/memory; then
  group=/sys/fs/cgroup/memory/glassheap-test-$$
  mkdir $group 2>why && echo $limit >$group/memory.limit_in_bytes 2>>why || { cat why; exit 77; }
else
  group=/sys/fs/cgroup/glassheap-test-$$
  mkdir $group 2>why && echo $limit >$group/memory.max 2>>why || { cat why; exit 77; }
  echo 0 >$group/memory.swap.max 2>/dev/null || :
fi
trap 'rmdir $group' EXIT
status=0
)" + Runfile("tools/memstat") +
         " run --json --report report.json -- bash -c 'echo $$ >'$group'/cgroup.procs && exec \"$@\"' - " + command +
         R"( || status=$?
echo $status
grep -h '^oom_kill ' $group/memory.oom_control $group/memory.events 2>/dev/null | head -1
cat report.json >&2
)";
}

TEST(PostMortem, AnOomKillLeavesTheHeapAtDeath) {
  const Result result = RunScript(Way::kPlain, InCgroup(std::string("python3 -c '") + kGrow + "'"));
  if (WIFEXITED(result.wait_status) && WEXITSTATUS(result.wait_status) == 77) {
    GTEST_SKIP() << "no memory cgroup can be made: " << result.output;
  }
  EXPECT_EQ(result.output, "137\noom_kill 1\n") << result.errors;
  const nlohmann::json report = nlohmann::json::parse(result.errors.substr(result.errors.find('{')), nullptr, false);
  ASSERT_TRUE(report.is_object()) << result.errors;
  EXPECT_EQ(report["term_signal"], SIGKILL);
  ExpectReportAddsUp(report.dump());
  const auto live = report["heap"]["live_bytes"].get<int64_t>();
  EXPECT_GE(live, kLimit - kLimit / 20) << "within 5 % of the limit";
  EXPECT_LE(live, kLimit + kLimit / 20);
  ASSERT_GE(report["history"].size(), 2u);
  EXPECT_EQ(report["history"].back()["live_bytes"], live);
  EXPECT_LT(report["history"].front()["live_bytes"], live);
}

TEST(PostMortem, TheTextTellsTheLastMinutesOfACommandThatWasKilled) {
  const Result result = RunScript(Way::kPlain, Runfile("tools/memstat") + R"( run -- python3 -c '
import os, time
kept = [b"x" * 1000 for _ in range(20000)]
time.sleep(1.5)
kept += [b"x" * 1000 for _ in range(50000)]
os.kill(os.getpid(), 9)' || echo $?)");
  EXPECT_EQ(result.output, "137\n");
  EXPECT_NE(result.errors.find("was killed by SIGKILL"), std::string::npos) << result.errors;
  EXPECT_NE(result.errors.find("over the last "), std::string::npos) << result.errors;
  EXPECT_NE(result.errors.find("the end"), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace glassheap
