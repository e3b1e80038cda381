// oomscore as it is called: output, errors and exit codes.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <list>

#include "tests/support/golden.h"
#include "tests/support/idle_process.h"
#include "tests/support/oomscore_call.h"
#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using testing::CallOomscore;
using testing::ExpectGolden;
using testing::ExpectOomscoreError;
using testing::IdleProcess;
using testing::Program;
using testing::ScoreAdjOf;
using testing::Shell;
using testing::ShellResult;

std::string Number(pid_t pid) { return std::to_string(pid); }

// A pid that no process has: one that has just been reaped.
pid_t FreePid() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST(Oomscore, ACapturedHost) {
  std::string text;
  for (const char* options :
       {"", "-n 2", "-a", "4242 2", "--json -n 3", "--json 410 6003", "--tree", "-u postgres --sort pid", "--name node",
        "-p 4242,410", "-o pid,rss,oom_score,command -n 3", "--json -o pid,cgroup -n 1"}) {
    const ShellResult result = CallOomscore(std::string("--root testdata/hosts/servers ") + options);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
    text += std::string("oomscore ") + options + "\n" + result.out;
  }
  ExpectGolden("oomscore", text);
}

TEST(Oomscore, TheMachineItself) {
  const IdleProcess child;
  const ShellResult result = CallOomscore(Number(child.pid()));
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find(" " + Number(child.pid()) + " "), std::string::npos) << result.out;
  EXPECT_NE(CallOomscore("-n 1").out.find("\n   1 "), std::string::npos);
}

// As many as it takes to ask the kernel for all at once; without the right to, the same is read in /proc.
TEST(Oomscore, SaysTheSameWithFewerRights) {
  const std::string without = "setpriv --bounding-set -sys_admin,-cap_38 ";
  if (::getuid() != 0 || Shell(without + "true").status != 0) GTEST_SKIP() << "needs root and setpriv";
  std::list<IdleProcess> children;
  std::string options = "--json -o pid,ppid,user,command,threads,rss,rss_anon,swap,page_tables,oom_score_adj,oom_score";
  for (int i = 0; i < 300; ++i) options += " " + Number(children.emplace_back().pid());
  const ShellResult with = CallOomscore(options);
  const ShellResult plain = Shell(without + Program("tools/oomscore") + " " + options);
  EXPECT_EQ(with.status, 0);
  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_GT(with.out.size(), 300u * 50);
  EXPECT_EQ(with.out, plain.out);
}

TEST(Oomscore, SetsAndShowsOldAndNew) {
  const IdleProcess child;
  const std::string pid = Number(child.pid());
  const int before = ScoreAdjOf(child.pid());
  const ShellResult set = CallOomscore("set --adj 300 " + pid);
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_NE(set.out.find("oom_score_adj changed from " + std::to_string(before) + " to 300"), std::string::npos);
  EXPECT_EQ(ScoreAdjOf(child.pid()), 300);
}

TEST(Oomscore, SetsALegacyValueAndSaysWhatItReadsAs) {
  const IdleProcess child;
  const ShellResult set = CallOomscore("set --oom-adj 14 " + Number(child.pid()));
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_EQ(ScoreAdjOf(child.pid()), 823);
  EXPECT_NE(set.out.find("to 13; 14 was asked for, is written as 823 and does not read back"), std::string::npos)
      << set.out;
}

TEST(Oomscore, SetsManyAndReportsTheOthers) {
  const IdleProcess first, second;
  const pid_t gone = FreePid();
  const ShellResult set =
      CallOomscore("set --adj 400 " + Number(first.pid()) + " " + Number(gone) + " " + Number(second.pid()));
  EXPECT_EQ(set.status, 1);
  EXPECT_EQ(set.err, "oomscore: pid " + Number(gone) + ": no such process\n");
  EXPECT_EQ(ScoreAdjOf(first.pid()), 400);
  EXPECT_EQ(ScoreAdjOf(second.pid()), 400);
}

TEST(Oomscore, RunsACommandWithAnAdjustment) {
  EXPECT_EQ(CallOomscore("run --adj 700 -- cat /proc/self/oom_score_adj").out, "700\n");
  EXPECT_EQ(CallOomscore("run --oom-adj 14 cat -n /proc/self/oom_score_adj").out, "     1\t823\n");
  EXPECT_EQ(CallOomscore("run --adj 700 -- sh -c 'exit 7'").status, 7);
  EXPECT_EQ(CallOomscore("run --adj 700 -- sh -c 'echo \"$@\"' x --json -- -n").out, "--json -- -n\n");
}

TEST(OomscoreErrors, CalledWrongly) {
  ExpectOomscoreError("set --oom-adj 16 1", 2, "16: oom_adj goes from -17 (never killed) to 15");
  ExpectOomscoreError("set --oom-adj -18 1", 2, "-18: oom_adj goes from -17 (never killed) to 15");
  ExpectOomscoreError("set --adj 1001 1", 2, "1001: oom_score_adj goes from -1000 (never killed) to 1000");
  for (const char* text : {"abc", "0x", "1e3", "1.5"}) {
    ExpectOomscoreError(std::string("set --adj ") + text + " 1", 2,
                        std::string(text) +
                            ": not a whole number; oom_score_adj goes from -1000 "
                            "(never killed) to 1000");
  }
  ExpectOomscoreError("set --adj '' 1", 2,
                      "'': not a whole number; oom_score_adj goes from -1000 (never "
                      "killed) to 1000");
  ExpectOomscoreError("set 1", 2, "set: which value? give --adj N, --by N or --oom-adj N");
  ExpectOomscoreError("set --adj 1 --oom-adj 1 1", 2, "--adj, --by and --oom-adj: they say the same thing; give one");
  ExpectOomscoreError("set --adj 1", 2, "set: of which process? give PIDs, --name or --cgroup");
  ExpectOomscoreError("set --adj 1 sshd", 2, "sshd: not a process id");
  ExpectOomscoreError("set --adj 1 0", 2, "0: not a process id");
  ExpectOomscoreError("run --adj 1", 2, "run: which command? give it after --");
  ExpectOomscoreError("run --adj 1 --", 2, "run: which command? give it after --");
  ExpectOomscoreError("run --adj 1 --bogus cat", 2, "--bogus: not an option or argument here; see --help");
  ExpectOomscoreError("run -- cat", 2, "run: which value? give --adj N, --by N or --oom-adj N");
  ExpectOomscoreError("run --oom-adj 16 -- cat", 2, "16: oom_adj goes from -17 (never killed) to 15");
  ExpectOomscoreError("victm", 2, "victm: not a command, nor a process id; see --help");
  ExpectOomscoreError("12a", 2, "12a: not a process id");
  ExpectOomscoreError("99999999999999999999", 2, "99999999999999999999: not a process id");
  ExpectOomscoreError("-n x", 2, "-n x: not a number of processes");
  ExpectOomscoreError("-o pid,x", 2, "x: no such field; --fields help lists them");
  ExpectOomscoreError("--sort x", 2, "--sort x: no such column; --sort help lists them");
  ExpectOomscoreError("--watch 0", 2, "--watch 0: not a number of seconds; 0.1 to 3600");
  ExpectOomscoreError("-p 1,x", 2, "x: not a process id");
  ExpectOomscoreError("-p ''", 2, "'': not a process id");
  ExpectOomscoreError("-u no-such-user", 1, "-u no-such-user: no such user");
  ExpectOomscoreError("--bogus", 2, "--bogus: not an option or argument here; see --help");
}

TEST(OomscoreErrors, ProcessesThatAreNot) {
  const std::string gone = Number(FreePid());
  ExpectOomscoreError(gone, 1, "pid " + gone + ": no such process");
  ExpectOomscoreError("set --adj 1 " + gone, 1, "pid " + gone + ": no such process");
  ExpectOomscoreError("--root testdata/hosts/empty 1", 1,
                      "testdata/hosts/empty/proc/meminfo: it has no MemTotal or no MemFree line");
  ExpectOomscoreError(
      "--root testdata/hosts/nowhere", 1,
      "testdata/hosts/nowhere/proc/meminfo: No such file or directory; --root wants a directory with proc/ in it");
}

TEST(OomscoreErrors, CommandsThatAreNot) {
  ExpectOomscoreError("run --adj 1 -- /no/such/command", 127, "/no/such/command: command not found");
  ExpectOomscoreError("run --adj 1 -- /etc/passwd", 126, "/etc/passwd: Permission denied");
}

TEST(OomscoreErrors, NeverKilled) {
  if (Shell("test -d /proc/2 && grep -q 'Kthread:.*1' /proc/2/status").status != 0) GTEST_SKIP() << "no kthreadd here";
  ExpectOomscoreError("set --adj 1 2", 1, "pid 2: a kernel thread: the kernel never kills it");
}

bool MayBecomeNobody() { return ::getuid() == 0 && Shell("setpriv --reuid 65534 --clear-groups true").status == 0; }

TEST(OomscoreErrors, AnothersProcess) {
  if (!MayBecomeNobody()) GTEST_SKIP() << "needs root and setpriv";
  const IdleProcess child;
  const ShellResult copied =
      Shell("d=$(mktemp -d) && chmod 755 $d && cp " + Program("tools/oomscore") + " $d/ && echo $d");
  const std::string folder = copied.out.substr(0, copied.out.find('\n'));
  const ShellResult result = Shell("cd / && setpriv --reuid 65534 --clear-groups " + folder +
                                   "/oomscore set --adj 900 " + Number(child.pid()));
  Shell("rm -r " + folder);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err,
            "oomscore: pid " + Number(child.pid()) + ": permission denied: it belongs to user root; run as root\n");
}

TEST(OomscoreErrors, BelowTheFloor) {
  if (Shell("setpriv --bounding-set -sys_resource true").status != 0) GTEST_SKIP() << "needs setpriv and root";
  const IdleProcess child;
  CallOomscore("set --adj 500 " + Number(child.pid()));
  const std::string as_lesser = "setpriv --bounding-set -sys_resource --inh-caps -sys_resource ";
  const ShellResult result = Shell(as_lesser + Program("tools/oomscore") + " set --oom-adj -17 " + Number(child.pid()));
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "oomscore: pid " + Number(child.pid()) +
                            ": permission denied: cannot lower oom_score_adj from 500 to -1000, "
                            "below its floor (the last "
                            "value set with CAP_SYS_RESOURCE); that needs CAP_SYS_RESOURCE\n");
  EXPECT_EQ(ScoreAdjOf(child.pid()), 500);
}

TEST(OomscoreErrors, OutputThatCannotBeWritten) {
  EXPECT_EQ(CallOomscore(">/dev/full").err, "oomscore: write error: No space left on device\n");
  EXPECT_EQ(CallOomscore(">/dev/full").status, 1);
  EXPECT_EQ(CallOomscore(">&-").err, "oomscore: write error: Bad file descriptor\n");
  EXPECT_EQ(CallOomscore(">&-").status, 1);
  EXPECT_EQ(CallOomscore("--help >/dev/full").status, 1);
}

TEST(Oomscore, ABrokenPipeIsSilent) {
  const ShellResult result = Shell("{ " + Program("tools/oomscore") + "; echo $? >&2; } | true");
  EXPECT_EQ(result.err, "0\n");
}

TEST(Oomscore, HelpAndVersion) {
  EXPECT_EQ(CallOomscore("--help").status, 0);
  EXPECT_NE(CallOomscore("--help").out.find("Usage: oomscore"), std::string::npos);
  EXPECT_EQ(CallOomscore("--version").out.find("oomscore from glassheap "), 0u);
}

}  // namespace
}  // namespace glassheap::tools
