// `memstat run` with the real library: its report, and how it ends.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/end_to_end/report.h"
#include "tests/end_to_end/shell.h"

namespace glassheap {
namespace {

Result RunPython(const std::string& code) { return RunCommand(Way::kMemstat, {"/usr/bin/python3", "-c", code}); }

nlohmann::json Parsed(const Result& result) { return nlohmann::json::parse(result.report, nullptr, false); }

TEST(MemstatRun, PassesEveryExitStatusThrough) {
  for (int status : {0, 1, 2, 7, 100, 125, 126, 127, 128, 137, 255}) {
    const Result result = RunScript(Way::kMemstat, "exit " + std::to_string(status));
    ASSERT_TRUE(WIFEXITED(result.wait_status)) << status;
    EXPECT_EQ(WEXITSTATUS(result.wait_status), status);
    EXPECT_EQ(Parsed(result)["exit_status"], status);
    EXPECT_EQ(Parsed(result)["term_signal"], nullptr);
  }
}

// The command died of a signal: so does memstat, or it says 128 + signal as a
// shell does.
TEST(MemstatRun, PassesTheSignalOfDeathThrough) {
  for (int number : {SIGTERM, SIGKILL, SIGABRT, SIGSEGV, SIGINT, SIGPIPE}) {
    const Result result = RunScript(Way::kMemstat, "ulimit -c 0; kill -" + std::to_string(number) + " $$");
    if (WIFSIGNALED(result.wait_status)) {
      EXPECT_EQ(WTERMSIG(result.wait_status), number);
    } else {
      EXPECT_EQ(WEXITSTATUS(result.wait_status), 128 + number);
    }
    EXPECT_EQ(Parsed(result)["term_signal"], number) << result.report;
    EXPECT_EQ(Parsed(result)["exit_status"], nullptr) << result.report;
  }
}

// A signal to memstat alone reaches the command, whose own answer counts.
TEST(MemstatRun, PassesSignalsOnToTheCommand) {
  const Result result = RunScript(Way::kPlain,
                                  R"(
command='trap "echo got it; exit 5" TERM; echo ready; while :; do read -t 0.05 <> <(:) || :; done'
mkfifo ready
)" + Runfile("tools/memstat") +
                                      R"( run --json --report report -- bash -c "$command" >ready &
memstat=$!
exec 3<ready
read -r line <&3
echo $line
kill -TERM $memstat
read -r line <&3
echo $line
status=0
wait $memstat || status=$?
echo $status
)");
  EXPECT_EQ(result.output, "ready\ngot it\n5\n") << result.errors;
}

TEST(MemstatRun, ReportsWhatTheCommandUsed) {
  const Result result = RunPython(
      "kept = [bytearray(1000) for _ in range(100000)]\n"
      "print(len(kept))\n"
      "del kept");
  EXPECT_EQ(result.output, "100000\n");
  ExpectReportAddsUp(result.report);
  const nlohmann::json report = Parsed(result);
  EXPECT_GT(report["peak"]["live_bytes"], 100'000'000) << report;
  EXPECT_LT(report["heap"]["live_bytes"], 50'000'000) << report;
  EXPECT_GT(report["max_rss"], 100'000'000) << report;
  EXPECT_GT(report["wall_seconds"], 0.0) << report;
}

TEST(MemstatRun, AddsUpAfterADeathInTheMiddle) {
  const Result result = RunPython(
      "import os, threading\n"
      "def work():\n"
      "  kept = []\n"
      "  while True:\n"
      "    kept.append(bytearray(len(kept) % 3000))\n"
      "    if len(kept) > 50000: os.kill(os.getpid(), 9)\n"
      "for _ in range(4): threading.Thread(target=work).start()\n");
  ASSERT_EQ(Parsed(result)["term_signal"], SIGKILL) << result.report;
  ExpectReportAddsUp(result.report);
}

TEST(MemstatRun, AddsUpWithThreadsThatEndAndForkedChildren) {
  const Result result = RunPython(
      "import os, threading\n"
      "def work(): [bytearray(n % 5000) for n in range(20000)]\n"
      "for _ in range(5):\n"
      "  threads = [threading.Thread(target=work) for _ in range(6)]\n"
      "  for t in threads: t.start()\n"
      "  if os.fork() == 0:\n"
      "    work()\n"
      "    os._exit(0)\n"
      "  for t in threads: t.join()\n"
      "  assert os.wait()[1] == 0\n"
      "print('done')");
  EXPECT_EQ(result.output, "done\n") << result.errors;
  ExpectReportAddsUp(result.report);
}

TEST(MemstatRun, KeepsStandardOutputAndErrorOfTheCommand) {
  const Result result = RunScript(Way::kMemstat, "echo to output; echo to error >&2");
  EXPECT_EQ(result.output, "to output\n");
  EXPECT_EQ(result.errors, "to error\n");
}

TEST(MemstatRun, AMissingCommandIsNamed) {
  const Result result = RunCommand(Way::kMemstat, {"/no/such/program"});
  ASSERT_TRUE(WIFEXITED(result.wait_status));
  EXPECT_NE(WEXITSTATUS(result.wait_status), 0);
  EXPECT_EQ(result.errors.compare(0, 9, "memstat: "), 0) << result.errors;
  EXPECT_NE(result.errors.find("/no/such/program"), std::string::npos);
  EXPECT_EQ(result.errors.find('\n'), result.errors.size() - 1) << "one line: " << result.errors;
}

}  // namespace
}  // namespace glassheap
