// oomscore set and run as they are called, on processes of our own.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/idle_process.h"
#include "tests/support/oomscore_call.h"
#include "tests/support/shell.h"
#include "tools/model/oom.h"

namespace glassheap::tools {
namespace {

using testing::CallOomscore;
using testing::ExpectOomscoreError;
using testing::IdleProcess;
using testing::Program;
using testing::ScoreAdjOf;
using testing::Shell;
using testing::ShellResult;

std::string Number(pid_t pid) { return std::to_string(pid); }

// A name that no other process has, so that --name finds ours only.
std::string UniqueName(char kind) { return "gh" + std::string(1, kind) + Number(::getpid()); }

IdleProcess Named(const std::string& name) {
  return IdleProcess([&] { ::prctl(PR_SET_NAME, name.c_str()); });
}

TEST(OomscoreSet, Relative) {
  const IdleProcess child;
  CallOomscore("set --adj 300 " + Number(child.pid()));
  EXPECT_EQ(CallOomscore("set --by +50 " + Number(child.pid())).status, 0);
  EXPECT_EQ(ScoreAdjOf(child.pid()), 350);
  CallOomscore("set --by 900 " + Number(child.pid()));
  EXPECT_EQ(ScoreAdjOf(child.pid()), 1000);
  const ShellResult end = CallOomscore("set --by 1 " + Number(child.pid()));
  EXPECT_EQ(end.out.substr(end.out.find("oom_score_adj")),
            "oom_score_adj stays 1000, oom_adj stays 15; that is the end of the scale\n");
}

TEST(OomscoreSet, AllOfAName) {
  const std::string name = UniqueName('n');
  const IdleProcess first = Named(name), second = Named(name), other;
  const int before = ScoreAdjOf(other.pid());
  const ShellResult set = CallOomscore("set --adj 400 --name " + name);
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_EQ(ScoreAdjOf(first.pid()), 400);
  EXPECT_EQ(ScoreAdjOf(second.pid()), 400);
  EXPECT_EQ(ScoreAdjOf(other.pid()), before);
  ExpectOomscoreError("set --adj 1 --name " + UniqueName('x'), 1, UniqueName('x') + ": no process has this name");
}

TEST(OomscoreSet, WithDescendants) {
  testing::Background shell({"/bin/sh", "-c", "sleep 1000 & echo $!; wait"});
  const pid_t child = std::stoi(shell.ReadLine());
  const ShellResult set = CallOomscore("set --adj 222 --tree " + Number(shell.pid()));
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_EQ(ScoreAdjOf(shell.pid()), 222);
  EXPECT_EQ(ScoreAdjOf(child), 222);
  ::kill(child, SIGKILL);
}

TEST(OomscoreSet, ADryRunChangesNothing) {
  const IdleProcess child;
  const int before = ScoreAdjOf(child.pid());
  const ShellResult set = CallOomscore("set --adj 700 --dry-run " + Number(child.pid()));
  EXPECT_EQ(set.status, 0);
  EXPECT_NE(set.out.find("oom_score_adj would change from " + std::to_string(before) + " to 700"), std::string::npos)
      << set.out;
  EXPECT_EQ(ScoreAdjOf(child.pid()), before);
  const auto json = nlohmann::json::parse(CallOomscore("set --json --adj 700 --dry-run " + Number(child.pid())).out);
  EXPECT_EQ(json["schema"], "glassheap.oom_set/1");
  EXPECT_EQ(json["dry_run"], true);
  EXPECT_EQ(json["changes"][0]["oom_score_adj"], 700);
}

// Each value by writing it, where the kernel lets us go so low.
TEST(OomscoreSet, AllLegacyValues) {
  int written = 0;
  for (int legacy = kOomAdjMin; legacy <= kOomAdjMax; ++legacy) {
    const IdleProcess child;
    const ShellResult set = CallOomscore("set --oom-adj " + std::to_string(legacy) + " " + Number(child.pid()));
    if (set.status != 0) {
      EXPECT_NE(set.err.find("that needs CAP_SYS_RESOURCE"), std::string::npos) << set.err;
      continue;
    }
    ++written;
    EXPECT_EQ(ScoreAdjOf(child.pid()), ScoreAdjFromLegacy(legacy)) << legacy;
  }
  EXPECT_GE(written, 1);
}

TEST(OomscoreSet, WhatTheLegacyFileWasMeantToDo) {
  const std::string name = UniqueName('s');
  const IdleProcess child = Named(name);
  CallOomscore("set --adj 500 " + Number(child.pid()));  // the legacy file would refuse to go below this
  const ShellResult set = CallOomscore("set --oom-adj 5 --name " + name);
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_EQ(set.out, "pid " + Number(child.pid()) + " (" + name +
                         "): oom_score_adj changed from 500 to 294, oom_adj changed from 8 to 4; 5 was asked for, is "
                         "written as 294 and does not read back\n");
}

TEST(OomscoreSet, HostileNamesAreHarmless) {
  const std::string name = "a\x1b[31m\n) R 1";
  const IdleProcess child = Named(name);
  const ShellResult set = CallOomscore("set --adj 600 " + Number(child.pid()));
  EXPECT_EQ(set.out.substr(0, set.out.find("): oom")), "pid " + Number(child.pid()) + " (a\\x1b[31m\\x0a) R 1");
}

TEST(OomscoreSet, CalledWrongly) {
  ExpectOomscoreError("set --by x 1", 2, "x: not a whole number; --by goes from -2000 to 2000");
  ExpectOomscoreError("set --by ++1 1", 2, "+1: not a whole number; --by goes from -2000 to 2000");
  ExpectOomscoreError("set --by 2001 1", 2, "2001: --by goes from -2000 to 2000");
  ExpectOomscoreError("set --by 1 --adj 1 1", 2, "--adj, --by and --oom-adj: they say the same thing; give one");
  for (const char* text : {"0x", "1e3"}) {
    ExpectOomscoreError(std::string("set --oom-adj ") + text + " 1", 2,
                        std::string(text) + ": not a whole number; oom_adj goes from -17 (never killed) to 15");
  }
  ExpectOomscoreError("set --oom-adj '' 1", 2, "'': not a whole number; oom_adj goes from -17 (never killed) to 15");
}

TEST(OomscoreSet, APidThatIsUsedAgainIsAProcessOfItsOwn) {
  auto first = std::make_unique<IdleProcess>();
  const pid_t pid = first->pid();
  first.reset();
  const pid_t again = testing::ForkWithPid(pid);
  if (again != pid) GTEST_SKIP() << "may not choose pids here";
  EXPECT_EQ(CallOomscore("set --adj 900 " + Number(pid)).status, 0) << "asked for by its pid, it is that process";
  EXPECT_EQ(ScoreAdjOf(pid), 900);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST(OomscoreRun, Relative) {
  EXPECT_EQ(
      CallOomscore("run --adj 100 -- " + Program("tools/oomscore") + " run --by +11 -- cat /proc/self/oom_score_adj")
          .out,
      "111\n");
}

bool MayUnshare() { return Shell("unshare -m true").status == 0; }

TEST(OomscoreSet, AReadOnlyProc) {
  if (!MayUnshare()) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
  const IdleProcess child;
  const ShellResult result = Shell("unshare -m sh -c 'mount -o remount,bind,ro /proc && exec " +
                                   Program("tools/oomscore") + " set --adj 900 " + Number(child.pid()) + "'");
  EXPECT_EQ(result.err, "oomscore: pid " + Number(child.pid()) + ": /proc is mounted read-only here\n");
  EXPECT_EQ(result.status, 1);
}

// A copy that another user may execute.
class PublicCopy {
 public:
  PublicCopy() {
    const ShellResult made =
        Shell("d=$(mktemp -d) && chmod 755 $d && cp " + Program("tools/oomscore") + " $d/ && printf %s $d");
    folder_ = made.out;
  }
  ~PublicCopy() { Shell("rm -r " + folder_); }
  std::string path() const { return folder_ + "/oomscore"; }

 private:
  std::string folder_;
};

TEST(OomscoreSet, AHiddenProcess) {
  const std::string as_nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups ";
  if (!MayUnshare() || Shell(as_nobody + "true").status != 0) GTEST_SKIP() << "needs CAP_SYS_ADMIN and setpriv";
  const PublicCopy copy;
  const IdleProcess child;
  const auto call = [&](const std::string& arguments) {
    return Shell("cd / && unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc && exec " + as_nobody + copy.path() +
                 " " + arguments + "'");
  };
  const std::string pid = "pid " + Number(child.pid());
  const ShellResult set = call("set --adj 900 " + Number(child.pid()));
  EXPECT_EQ(set.err, "oomscore: " + pid + ": hidden: /proc is mounted with hidepid; run as its user or as root\n");
  EXPECT_EQ(set.status, 1);
  const ShellResult list = call("");
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_EQ(list.out.find(" " + Number(child.pid()) + " "), std::string::npos) << "what is hidden is not ranked";
  const ShellResult victim = call("victim");
  EXPECT_NE(victim.out.find("note: other users' processes are hidden"), std::string::npos) << victim.out;
}

TEST(OomscoreSet, AZombie) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  ExpectOomscoreError("set --adj 5 " + Number(child), 1,
                      "pid " + Number(child) + ": has ended and waits for its parent (a zombie)");
  ::waitpid(child, nullptr, 0);
}

TEST(OomscoreSet, Init) {
  if (Shell("test \"$(cat /proc/1/oom_score)\" = 0").status != 0) GTEST_SKIP() << "pid 1 here is a container's";
  ExpectOomscoreError("set --adj 1 --dry-run 1", 1, "pid 1: init: the kernel never kills it, whatever its adjustment");
}

TEST(OomscoreSet, TheFirstProcessOfAContainerIsNoInit) {
  if (Shell("unshare -p -f --mount-proc true").status != 0) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
  const ShellResult set = Shell("unshare -p -f --mount-proc sh -c '" + Program("tools/oomscore") +
                                " set --adj 900 1 >/dev/null && cat /proc/1/oom_score_adj'");
  EXPECT_EQ(set.out, "900\n") << set.err;
}

}  // namespace
}  // namespace glassheap::tools
