// memtop -b as it is called: output, errors and exit codes.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <regex>

#include "tests/support/fake_region.h"
#include "tests/support/golden.h"
#include "tests/support/idle_process.h"
#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using testing::Background;
using testing::ExpectGolden;
using testing::IdleProcess;
using testing::Program;
using testing::Shell;
using testing::ShellResult;

const std::string& Memtop() {
  static const std::string path = Program("tools/memtop");
  return path;
}

ShellResult Call(const std::string& arguments) { return Shell(Memtop() + " " + arguments); }

void ExpectError(const std::string& arguments, int status, const std::string& line) {
  const ShellResult result = Call(arguments);
  EXPECT_EQ(result.status, status) << arguments;
  EXPECT_EQ(result.out, "") << arguments;
  EXPECT_EQ(result.err, "memtop: " + line + "\n") << arguments;
}

std::string WithoutTheTime(const std::string& text) {
  const std::string no_clock = std::regex_replace(text, std::regex("memtop ..:..:.."), "memtop HH:MM:SS");
  const std::string no_time = std::regex_replace(no_clock, std::regex("\"time\":[0-9.]*"), "\"time\":0");
  return std::regex_replace(no_time, std::regex("\n[0-9]{10}\\.[0-9]{3},"), "\n0.000,");
}

TEST(Memtop, ACapturedHost) {
  std::string text;
  for (const char* options :
       {"-b -n 1", "-b -n 1 -w 80 -o rank", "-b -n 1 -w --fields pid,user,command -o +pid -u www",
        "-b -n 1 -o -rss -p 4242,5120,99 --fields "
        "pid,rss,minor_faults_per_second",
        "-b -n 1 -w --filter 'rss>=100M,!user=redis' --fields pid,user,memory_percent,shared,state,cpu_seconds",
        "-b -n 1 -w --group cgroup --fields processes,rss,swap,rank,command -o rss",
        "-b -n 1 -w -H -p 4242 --fields pid,pss,uss,pss_age,cgroup,command",
        "--csv -n 2 -d 0.05 -u www --fields pid,rss,command_line",
        "--json -n 1 --group user --fields user,rss,processes", "--json -n 1 -p 4242",
        "--json -n 1 --fields pid,command,rank -o rank"}) {
    const ShellResult result = Call(std::string("--root testdata/hosts/servers ") + options);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
    text += std::string("memtop ") + options + "\n" + WithoutTheTime(result.out);
  }
  ExpectGolden("memtop", text);
}

TEST(Memtop, ALineOfJsonPerRefresh) {
  const ShellResult result = Call("--root testdata/hosts/servers --json -n 3 -d 0,05");
  EXPECT_EQ(std::ranges::count(result.out, '\n'), 3);
  EXPECT_EQ(result.out.find("{\"schema\":\"glassheap.top/1\",\"time\":"), 0u);
}

TEST(Memtop, ARecordingIsPlayedBack) {
  const std::string file = std::string(::getenv("TEST_TMPDIR")) + "/recording";
  // Without the one whose command line is no UTF-8: JSON cannot keep that.
  const ShellResult live = Call("--root testdata/hosts/servers -b -n 3 -d 0.05 --filter '!pid=6001' --record " + file);
  EXPECT_EQ(live.err, "");
  const ShellResult replay = Call("-b --filter '!pid=6001' --replay " + file);
  EXPECT_EQ(replay.err, "");
  EXPECT_EQ(WithoutTheTime(replay.out), WithoutTheTime(live.out));
  EXPECT_EQ(std::ranges::count(Call("--json --replay " + file).out, '\n'), 3);
  const ShellResult more = Call("--root testdata/hosts/servers -b -n 1 --record " + file);
  EXPECT_EQ(std::ranges::count(Call("--json --replay " + file).out, '\n'), 4) << "appended";
}

TEST(Memtop, WhatJsonPrintsCanBePlayedBack) {
  const std::string file = std::string(::getenv("TEST_TMPDIR")) + "/json";
  EXPECT_EQ(Call("--root testdata/hosts/servers --json -n 2 -d 0.05 >" + file).status, 0);
  const ShellResult replay = Call("-b -w --fields pid,rss,command --replay " + file);
  EXPECT_NE(replay.out.find("4242 3.94Gi redis-server\n"), std::string::npos) << replay.out;
}

TEST(Memtop, ReadsNothingThatIsNotShown) {
  EXPECT_EQ(
      Shell("strace -f -e trace=openat,readlinkat " + Memtop() +
            " --csv -n 1 --fields pid,rss 2>&1 | grep -E '\"(stat|oom_score_adj|cmdline|cgroup|smaps_rollup)\"|fd/900'")
          .out,
      "");
  EXPECT_NE(Shell("strace -f -e trace=openat,readlinkat " + Memtop() +
                  " --csv -n 1 --fields pid,rank 2>&1 | grep oom_score_adj")
                .out,
            "");
}

TEST(Memtop, TheMachineItself) {
  const IdleProcess child;
  const std::string pid = std::to_string(child.pid());
  const ShellResult result = Call("-b -n 1 -p " + pid);
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find("\n" + std::string(pid.size() < 5 ? 5 - pid.size() : 0, ' ') + pid + " "),
            std::string::npos)
      << result.out;
}

TEST(Memtop, TheHeapOfAProcess) {
  const IdleProcess child([] {
    tools::FileDescriptor region = testing::MakeRegionFile(*testing::MakeFakeHeap(static_cast<uint64_t>(::getpid())));
    ::dup2(region.get(), abi::kRegionFdMin);
  });
  const ShellResult result = Call("--json -n 1 --fields heap_live,heap_cached -p " + std::to_string(child.pid()));
  EXPECT_NE(result.out.find("\"processes\":[{\"heap_live\":"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("\"heap_live\":null"), std::string::npos);
  EXPECT_EQ(result.out.find("\"heap_cached\":null"), std::string::npos);
}

TEST(Memtop, AnsweredAtOnceInAPipe) {
  Background memtop({Memtop(), "--json", "-d", "1000"});
  EXPECT_EQ(memtop.ReadLine().find("{\"schema\":\"glassheap.top/1\""), 0u);
}

TEST(MemtopErrors, CalledWrongly) {
  ExpectError("-b -n 0", 2, "-n 0: not a number of refreshes");
  ExpectError("-b -n x", 2, "-n x: not a number of refreshes");
  ExpectError("-b -d 0", 2, "-d 0: not a positive number of seconds");
  ExpectError("-b -d nan", 2, "-d nan: not a positive number of seconds");
  ExpectError("-b -d -1", 2, "-d -1: not a positive number of seconds");
  ExpectError("-b -o nope", 2, "nope: no such field; --fields help lists them");
  ExpectError("-b --fields pid,,rss", 2, "'': no such field; --fields help lists them");
  ExpectError("-b -p 1,x", 2, "-p x: not a process id");
  ExpectError("-b -p ''", 2, "-p '': not a process id");
  ExpectError("-b -u no-such-user", 2, "-u no-such-user: no such user");
  ExpectError("-b -w x", 2, "-w x: not a number of columns");
  ExpectError("-b --filter rss", 2,
              "--filter rss: FIELD>VALUE, FIELD<VALUE or FIELD=VALUE is wanted, such as rss>100M");
  ExpectError("-b --group planet", 2, "--group planet: user, command, cgroup or none");
  ExpectError("--json --csv", 2, "--csv: not together with --json");
  ExpectError("--record a --replay b", 2, "--record: not together with --replay");
  ExpectError("--color=red", 2, "--color=red: auto, always or never");
  ExpectError("--bogus", 2, "--bogus: not an option or argument here; see --help");
}

TEST(MemtopErrors, NoneOfTheProcesses) { ExpectError("-b -n 1 -p 999999999", 1, "pid 999999999: no such process"); }

TEST(MemtopErrors, ADamagedFrame) {
  const std::string file = std::string(::getenv("TEST_TMPDIR")) + "/damaged";
  ASSERT_EQ(Call("--root testdata/hosts/servers --json -n 1 | sed 's/\"rss\":[0-9]*/\"rss\":1e400/' >" + file).status,
            0);
  ExpectError("-b --replay " + file, 1, file + ": frame 1 is damaged: not a frame of memtop");
}

TEST(MemtopErrors, FilesThatAreNoRecordings) {
  ExpectError("-b --replay testdata/hosts/servers/proc/meminfo", 1,
              "testdata/hosts/servers/proc/meminfo: not a recording of memtop");
  ExpectError("-b --replay nowhere", 1, "nowhere: No such file or directory");
  ExpectError("-b -n 1 --record /proc/self/nowhere", 1, "/proc/self/nowhere: No such file or directory");
}

TEST(MemtopErrors, WithoutATerminal) { ExpectError("", 1, "not a terminal: use -b for output to a file or a pipe"); }

TEST(MemtopErrors, AnUnreadableProc) {
  ExpectError(
      "--root testdata/hosts/nowhere -b", 1,
      "testdata/hosts/nowhere/proc/meminfo: No such file or directory; --root wants a directory with proc/ in it");
}

TEST(MemtopErrors, OutputThatCannotBeWritten) {
  EXPECT_EQ(Call("-b >/dev/full").err, "memtop: write error: No space left on device\n");
  EXPECT_EQ(Call("-b >/dev/full").status, 1);
  EXPECT_EQ(Call("--json >&-").err, "memtop: write error: Bad file descriptor\n");
}

TEST(Memtop, ABrokenPipeIsSilentAndTheEnd) {
  const ShellResult result = Shell("{ " + Memtop() + " -b -d 0.05; echo $? >&2; } | head -1");
  EXPECT_EQ(result.err, "0\n");
}

TEST(Memtop, ListsItsFields) {
  const ShellResult result = Call("--fields help");
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find("heap_live"), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
