// memstat as it is called: output, errors and exit codes of `memstat` and
// `memstat heap`.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "tests/support/golden.h"
#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::Background;
using glassheap::testing::ExpectGolden;
using glassheap::testing::Program;
using glassheap::testing::Shell;
using glassheap::testing::ShellResult;

const std::string& Memstat() {
  static const std::string path = Program("tools/memstat");
  return path;
}

std::string OnHost(const std::string& host) { return Memstat() + " --root testdata/hosts/" + host + " "; }

void ExpectError(const std::string& arguments, int status, const std::string& line) {
  const ShellResult result = Shell(Memstat() + " " + arguments);
  EXPECT_EQ(result.status, status) << arguments;
  EXPECT_EQ(result.out, "") << arguments;
  EXPECT_EQ(result.err, "memstat: " + line + "\n") << arguments;
}

TEST(Memstat, ACapturedHost) {
  std::string text;
  for (const char* options : {"", "-h", "-w -b", "-wltv", "--json", "-h --si"}) {
    text += std::string("memstat ") + options + "\n" + Shell(OnHost("swapping") + options).out;
  }
  ExpectGolden("memstat", text);
}

TEST(Memstat, RepeatsAsFreeDoes) {
  const std::string once = Shell(OnHost("container")).out;
  EXPECT_EQ(Shell(OnHost("container") + "-s 0,01 -c 2").out, once + "\n" + once);
  const std::string json = Shell(OnHost("container") + "--json").out;
  EXPECT_EQ(Shell(OnHost("container") + "--json -s 0.01 -c 3").out, json + json + json);
}

TEST(Memstat, TheEnvironmentNamesTheRootToo) {
  EXPECT_EQ(Shell("GLASSHEAP_ROOT=testdata/hosts/swapping " + Memstat()).out, Shell(OnHost("swapping")).out);
}

TEST(Memstat, WrongUseIsOneLineAndTwo) {
  ExpectError("--bogus", 2, "--bogus: not an option or argument here; see --help");
  ExpectError("bogus", 2, "bogus: not an option or argument here; see --help");
  ExpectError("haep 1", 2, "haep: not an option or argument here; did you mean heap?");
  ExpectError("bogus words", 2, "bogus: not an option or argument here; see --help");
  ExpectError("heap 1 --clases", 2, "--clases: not an option or argument here; did you mean --classes?");
  ExpectError("heap --clases=1 1", 2, "--clases=1: not an option or argument here; did you mean --classes?");
  ExpectError("run --hardend -- true", 2, "--hardend: not an option or argument here; did you mean --hardened?");
  ExpectError("-k -m", 2, "options: multiple unit options don't make sense; give one of them, or -h");
  ExpectError("-s 0", 2, "--seconds 0: not a positive number of seconds; 0.5 and 0,5 are");
  ExpectError("-s abc", 2, "--seconds abc: not a positive number of seconds; 0.5 and 0,5 are");
  ExpectError("-c 0", 2, "--count 0: not a positive whole number; leave it out to repeat for ever");
  ExpectError("-c 1x", 2, "--count 1x: not a positive whole number; leave it out to repeat for ever");
  ExpectError("--color=maybe", 2, "--color maybe: it is auto, always or never");
  ExpectError("heap", 2, "PID|NAME is required: see --help");
  ExpectError("heap -3", 2, "-3: not a process id");
  ExpectError("map 0", 2, "0: not a process id");
  ExpectError("run", 2, "run: no command; use memstat run [OPTIONS] -- COMMAND [ARGUMENTS...]");
  ExpectError("run --json --", 2, "run: no command; use memstat run [OPTIONS] -- COMMAND [ARGUMENTS...]");
}

TEST(Memstat, WhatFailsIsOneLineAndOne) {
  ExpectError("--root testdata/hosts/none", 1,
              "testdata/hosts/none/proc/meminfo: No such file or directory; --root wants a directory with proc/ in it");
  ExpectError("--root testdata/hosts/empty", 1,
              "testdata/hosts/empty/proc/meminfo: it has no MemTotal or no MemFree line");
  ExpectError("heap 1073741823", 1, "pid 1073741823: no such process");
  ExpectError("heap no-such-name", 1,
              "no-such-name: no process has this name; give a pid, or the name "
              "as `ps -o comm` prints it");
}

TEST(Memstat, OutputThatCannotBeWritten) {
  const ShellResult full = Shell(Memstat() + " >/dev/full");
  EXPECT_EQ(full.status, 1);
  EXPECT_EQ(full.err, "memstat: write error: No space left on device\n");
  const ShellResult closed = Shell(Memstat() + " >&-");
  EXPECT_EQ(closed.status, 1);
  EXPECT_EQ(closed.err, "memstat: write error: Bad file descriptor\n");
}

TEST(Memstat, HelpAndVersion) {
  EXPECT_EQ(Shell(Memstat() + " --version").out, "memstat from glassheap 0.1.0\n");
  const ShellResult help = Shell(Memstat() + " --help");
  EXPECT_EQ(help.status, 0);
  for (const char* later : {"profile", "doctor"}) {
    EXPECT_EQ(help.out.find(std::string("\n  ") + later), std::string::npos) << later;
  }
  EXPECT_NE(Shell(Memstat() + " heap --help").out.find("--classes"), std::string::npos);
  EXPECT_NE(Shell(Memstat() + " run --help").out.find("--report"), std::string::npos);
}

TEST(MemstatHeap, AProcessWithoutGlassheapIsNamed) {
  Background shell({"sh", "-c", "echo ready; kill -STOP $$"});
  ASSERT_EQ(shell.ReadLine(), "ready");
  const std::string pid = std::to_string(shell.pid());
  ExpectError(
      "heap " + pid, 1,
      "pid " + pid + ": sh shows no heap: it does not run under glassheap (start it with `memstat run -- COMMAND`)");
}

TEST(MemstatHeap, AProcessUnderGlassheap) {
  Background run({Memstat(), "run", "--report", "/dev/null", "--", "sh", "-c", "echo $$; kill -STOP $$"});
  const std::string pid = run.ReadLine();
  const ShellResult text = Shell(Memstat() + " heap " + pid + " --classes --threads");
  EXPECT_EQ(text.status, 0) << text.err;
  for (const char* part : {"sh (", "tier: ", "mapped", "  residual", "size classes\n", "threads\n"}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << text.out;
  }
  const ShellResult json = Shell(Memstat() + " heap --json " + pid);
  EXPECT_NE(json.out.find("\"pid\":" + pid + ",\"command\":\"sh\""), std::string::npos);
  EXPECT_NE(json.out.find("\"residual\":0"), std::string::npos) << json.out;
  EXPECT_NE(Shell(Memstat()).out.find("Heaps:  "), std::string::npos);
  ::kill(std::stoi(pid), SIGKILL);
}

TEST(MemstatHeap, AHiddenProcess) {
  const std::string hide = "unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc && ";
  const std::string as_nobody = "exec setpriv --reuid 65534 --regid 65534 --clear-groups ";
  if (Shell(hide + as_nobody + "true'").status != 0) GTEST_SKIP() << "needs CAP_SYS_ADMIN and setpriv";
  const std::string copy = ::testing::TempDir() + "memstat_for_the_blind";
  ASSERT_EQ(Shell("install -m 755 " + Memstat() + " " + copy + " && chmod 755 " + ::testing::TempDir()).status, 0);
  const std::string pid = std::to_string(::getpid());
  const ShellResult result = Shell("cd / && " + hide + as_nobody + copy + " heap " + pid + "'");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "memstat: pid " + pid +
                            ": not there, or hidden: /proc is mounted with hidepid; run as its user or as root\n");
}

TEST(MemstatHeap, AnotherUsersProcess) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  Background run({Memstat(), "run", "--report", "/dev/null", "--", "sh", "-c", "echo $$; kill -STOP $$"});
  const std::string pid = run.ReadLine();
  const std::string copy = ::testing::TempDir() + "memstat_for_all";
  ASSERT_EQ(Shell("install -m 755 " + Memstat() + " " + copy + " && chmod 755 " + ::testing::TempDir()).status, 0);
  const ShellResult result = Shell("setpriv --reuid 65534 --clear-groups " + copy + " heap " + pid);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "memstat: pid " + pid +
                            ": permission denied: its memory belongs to user "
                            "root; run as root or with CAP_SYS_PTRACE\n");
  ::kill(std::stoi(pid), SIGKILL);
}

}  // namespace
}  // namespace glassheap::tools
