// memstat run: the command must not notice, and the report must be true.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::Background;
using glassheap::testing::Program;
using glassheap::testing::Shell;
using glassheap::testing::ShellResult;

std::string Under(const std::string& options = "") {
  static const std::string memstat = Program("tools/memstat");
  return memstat + " run " + options + " -- ";
}

// With the report out of the way.
std::string Quiet() { return Under("--report /dev/null"); }

std::string Json(const std::string& command) {
  const ShellResult result = Shell(Under("--json") + command);
  return result.err;
}

void ExpectHas(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

TEST(MemstatRun, StreamsAndStatusAreTheCommands) {
  const ShellResult result = Shell("echo in | " + Quiet() + "sh -c 'cat; echo err >&2; exit 7'");
  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(result.out, "in\n");
  EXPECT_EQ(result.err, "err\n");
}

TEST(MemstatRun, HardenedByFlagOrVariable) {
  ExpectHas(Shell(Under("--hardened --json") + "true").err, "\"hardened\":true");
  ExpectHas(Shell("GLASSHEAP_HARDENED=1 " + Under("--json") + "true").err, "\"hardened\":true");
  ExpectHas(Shell("GLASSHEAP_HARDENED=0 " + Under("--json") + "true").err, "\"hardened\":false");
  ExpectHas(Shell(Under("--hardened") + "true").err, "glassheap, hardened: true exited 0");
}

TEST(MemstatRun, AllocatorsThatCannotBeAreUsageErrors) {
  for (const char* options : {"--allocator bogus", "--allocator x=/nonexistent.so", "--allocator x=/etc/passwd",
                              "--hardened --allocator block", "--hardened --allocator glibc"}) {
    const ShellResult result = Shell(Under(options) + "echo ran");
    EXPECT_EQ(result.status, 2) << options;
    EXPECT_EQ(result.out, "") << options;
    ExpectHas(result.err, "memstat: ");
  }
  EXPECT_EQ(Shell(Under("--hardened --allocator glassheap") + "echo ran").out, "ran\n");
  EXPECT_EQ(Shell("GLASSHEAP_HARDENED=1 " + Under("--allocator glibc") + "echo ran").out, "ran\n");
}

TEST(MemstatRun, EveryArgumentIsTheCommands) {
  EXPECT_EQ(Shell(Quiet() + "printf '%s.' --json -- -h ''").out, "--json.--.-h..");
  EXPECT_EQ(Shell(Program("tools/memstat") + " run --report /dev/null echo --json").out, "--json\n");
}

TEST(MemstatRun, TheReportAddsUp) {
  const ShellResult result = Shell(Under() + "true");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, "");
  for (const char* part :
       {"glassheap: true exited 0 after ", "peak RSS ", " faults", "at its peak", "at its end", "  mapped "}) {
    ExpectHas(result.err, part);
  }
  ExpectHas(Json("true"), "\"preloaded\":true");
  ExpectHas(Json("true"), "\"residual\":0}");
}

TEST(MemstatRun, TheNewestImageCounts) {
  ExpectHas(Json("sh -c 'exec true'"), "\"other_processes\":0");
  ExpectHas(Json("sh -c 'true; /bin/true; exit 0'"), "\"other_processes\":1");
}

TEST(MemstatRun, WhatCannotBeStarted) {
  const ShellResult missing = Shell(Under() + "no-such-command");
  EXPECT_EQ(missing.status, 127);
  EXPECT_EQ(missing.err,
            "memstat: no-such-command: command not found; check its name, "
            "PATH, and a script's interpreter\n");
  const ShellResult directory = Shell(Under() + "/etc");
  EXPECT_EQ(directory.status, 126);
  EXPECT_EQ(directory.err,
            "memstat: /etc: permission denied: what is run must be a file, with its x bit set (chmod +x)\n");
}

TEST(MemstatRun, AReportThatCannotBeOpenedStopsItAtOnce) {
  const ShellResult result = Shell(Under("--report /nonexistent/report") + "echo ran");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "memstat: --report /nonexistent/report: No such file or directory; give a file in a directory you may "
            "write to\n");
}

TEST(MemstatRun, AReportOnStdoutComesBehindTheCommandsOutput) {
  const std::string file = ::testing::TempDir() + "run_out." + std::to_string(::getpid());
  for (const char* name : {"/dev/stdout", "/dev/fd/1"}) {
    Shell("echo before >" + file + "; " + Under(std::string("--report ") + name) + "echo ran >>" + file);
    const std::string text = Shell("cat " + file).out;
    EXPECT_EQ(text.find("before\nran\n"), 0u) << text;
    ExpectHas(text, "exited 0");
  }
}

TEST(MemstatRun, AReportTakesTheWholeFile) {
  const std::string file = ::testing::TempDir() + "run_report." + std::to_string(::getpid());
  Shell("head -c 100000 /dev/zero | tr '\\0' x >" + file);
  EXPECT_EQ(Shell(Under("--report " + file) + "no-such-command").status, 127);
  EXPECT_EQ(Shell("wc -c <" + file).out, "100000\n");  // nothing was run: what was there stays
  Shell(Under("--report " + file) + "true");
  EXPECT_EQ(Shell("grep xxxx " + file).status, 1);
}

TEST(MemstatRun, AReportThatCannotBeWrittenFailsWhatSucceeded) {
  const ShellResult good = Shell(Under("--report /dev/full") + "true");
  EXPECT_EQ(good.status, 1);
  EXPECT_EQ(good.err, "memstat: write error: No space left on device\n");
  EXPECT_EQ(Shell(Under("--report /dev/full") + "sh -c 'exit 7'").status, 7);
}

TEST(MemstatRun, AMissingLibraryIsNamed) {
  const ShellResult result = Shell("GLASSHEAP_LIB=/nonexistent.so " + Under() + "echo ran");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "memstat: libglassheap.so: not found; looked for /nonexistent.so "
            "because GLASSHEAP_LIB says so\n");
}

TEST(MemstatRun, AnInheritedPreloadIsKeptBehindOurs) {
  const std::string out = Shell("LD_PRELOAD=libm.so.6 " + Quiet() + "sh -c 'echo $LD_PRELOAD'").out;
  ExpectHas(out, "/libglassheap.so:libm.so.6\n");
}

TEST(MemstatRun, AStaticProgramIsReportedAsSuch) {
  const ShellResult result = Shell(Under() + Program("tests/support/static_program"));
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.out, "static\n");
  ExpectHas(result.err, "glassheap did not get in: ");
  ExpectHas(result.err, "is a static binary");
  const std::string json = Json(Program("tests/support/static_program"));
  ExpectHas(json, "\"preloaded\":false");
  ExpectHas(json, "\"heap\":null,\"peak\":null");
}

TEST(MemstatRun, DeathBySignalIsPassedOn) {
  for (const int signal : {SIGKILL, SIGSEGV, SIGTERM}) {
    Background run({Program("tools/memstat"), "run", "--report", "/dev/null", "--", "sh", "-c",
                    "kill -" + std::to_string(signal) + " $$"});
    const int status = run.Wait();
    ASSERT_TRUE(WIFSIGNALED(status)) << signal;
    EXPECT_EQ(WTERMSIG(status), signal);
  }
  ExpectHas(Json("sh -c 'kill -9 $$'"), "\"exit_status\":null,\"term_signal\":9");
}

TEST(MemstatRun, SignalsReachTheCommandOnce) {
  Background run({Program("tools/memstat"), "run", "--report", "/dev/null", "--", "sh", "-c",
                  "trap 'echo usr1' USR1; trap 'kill $!; echo term; exit 5' "
                  "TERM; sleep 100 >/dev/null & echo ready; "
                  "while :; do wait; done"});
  ASSERT_EQ(run.ReadLine(), "ready");
  ::kill(run.pid(), SIGUSR1);
  EXPECT_EQ(run.ReadLine(), "usr1");
  ::kill(run.pid(), SIGTERM);
  EXPECT_EQ(run.ReadLine(), "term");
  const int status = run.Wait();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST(MemstatRun, IgnoredSignalsStayIgnored) {
  EXPECT_EQ(Shell("trap '' HUP TERM CHLD; " + Quiet() + "sh -c 'grep SigIgn /proc/self/status'").out,
            Shell("trap '' HUP TERM CHLD; sh -c 'grep SigIgn /proc/self/status'").out);
  EXPECT_EQ(Shell(Quiet() + "grep SigBlk /proc/self/status").out, Shell("grep SigBlk /proc/self/status").out);
}

TEST(MemstatRun, ClosedStreamsStayClosed) {
  const char* list =
      "sh -c 'for n in 0 1 2; do test -e /proc/self/fd/$n && echo $n; done >&9 "
      "2>/dev/null'";
  const std::string closed = " 9>&1 0<&- 1>&- 2>&-";
  EXPECT_EQ(Shell(Quiet() + list + closed).out, Shell(list + closed).out);
}

TEST(MemstatRun, AReportToNobodyIsNoError) {
  EXPECT_EQ(Shell(Under() + "sh -c 'exit 4' 2>&-").status, 4);
  EXPECT_EQ(Shell(Under() + "sh -c 'exit 4' 2>/dev/full").status, 4);
}

}  // namespace
}  // namespace glassheap::tools
