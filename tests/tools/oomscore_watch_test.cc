// oomscore watch on real kills, in memory cgroups of our own.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/cgroup_box.h"
#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using testing::Background;
using testing::CgroupBox;
using testing::Program;
using testing::Shell;
using testing::ShellResult;

constexpr size_t kMi = 1 << 20;
const std::string& Oomscore() {
  static const std::string path = Program("tools/oomscore");
  return path;
}

// A process that joins the box and is killed in it. It is told when to begin by the pipe.
class Doomed {
 public:
  explicit Doomed(const CgroupBox& box) {
    if (::pipe(go_) != 0 || ::pipe(ready_) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) Die(box);
    char byte;
    (void)!::read(ready_[0], &byte, 1);
  }
  ~Doomed() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    for (const int fd : {go_[0], go_[1], ready_[0], ready_[1]}) ::close(fd);
  }
  void Begin() { (void)!::write(go_[1], "g", 1); }
  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] void Die(const CgroupBox& box) {
    box.Join();
    char byte;
    (void)!::write(ready_[1], "r", 1);
    (void)!::read(go_[0], &byte, 1);
    for (;;) {
      void* memory = ::mmap(nullptr, kMi, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED) ::_exit(1);
      std::memset(memory, 1, kMi);
    }
  }

  int go_[2];
  int ready_[2];
  pid_t pid_;
};

class OomscoreWatch : public ::testing::Test {
 protected:
  void SetUp() override {
    box_ = CgroupBox::Make(16 * kMi, why_not_);
    if (!box_) GTEST_SKIP() << "no cgroup to fill: " << why_not_;
  }

  // Others on this machine may run out of memory too: lines until one is of ours.
  std::string LineOf(Background& watch, pid_t pid) {
    for (;;) {
      const std::string line = watch.ReadLine();
      if (line.empty() || line.find(std::to_string(pid)) != std::string::npos) return line;
    }
  }

  bool LogCanBeRead() { return std::ifstream("/dev/kmsg").good(); }

  std::string why_not_;
  std::unique_ptr<CgroupBox> box_;
};

TEST_F(OomscoreWatch, TellsWhoAndWhere) {
  if (!LogCanBeRead()) GTEST_SKIP() << "/dev/kmsg cannot be read";
  Background watch({Oomscore(), "watch"});
  EXPECT_EQ(watch.ReadLine(), "watching the kernel's log for OOM kills");
  Doomed doomed(*box_);
  doomed.Begin();
  const std::string line = LineOf(watch, doomed.pid());
  EXPECT_NE(line.find(" of root was killed: "), std::string::npos) << line;
  EXPECT_NE(line.find(" of its own, "), std::string::npos) << line;
}

TEST_F(OomscoreWatch, ByCountersItNamesTheCgroupAndWhoVanished) {
  Doomed doomed(*box_);
  Background watch({Oomscore(), "watch", "--no-log", "-s", "0.1"});
  EXPECT_NE(watch.ReadLine().find("watching the kernel's counters"), std::string::npos);
  doomed.Begin();
  // Reaped, it vanishes.
  ::waitpid(doomed.pid(), nullptr, 0);
  std::string line;
  do {
    line = watch.ReadLine();
  } while (!line.empty() && line.find(box_->path()) == std::string::npos);
  EXPECT_NE(line.find("memory cgroup " + box_->path() + " was full"), std::string::npos) << line;
}

TEST_F(OomscoreWatch, RunsACommandForEach) {
  if (!LogCanBeRead()) GTEST_SKIP() << "/dev/kmsg cannot be read";
  const std::string file = ::testing::TempDir() + "watch_exec." + std::to_string(::getpid());
  Background watch({Oomscore(), "watch", "--exec", "cat >>" + file + ".$OOM_PID && echo ran $OOM_PID"});
  watch.ReadLine();
  Doomed doomed(*box_);
  const std::string pid = std::to_string(doomed.pid());
  doomed.Begin();
  std::string line;
  do {
    line = watch.ReadLine();
  } while (!line.empty() && line != "ran " + pid);
  EXPECT_EQ(line, "ran " + pid);
  std::ifstream text(file + "." + pid);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["schema"], "glassheap.oom_event/1");
  EXPECT_EQ(json["pid"], doomed.pid());
  Shell("rm -f " + file + ".*");
}

TEST_F(OomscoreWatch, AHeapAtItsDeath) {
  if (!LogCanBeRead()) GTEST_SKIP() << "/dev/kmsg cannot be read";
  const std::string library = Program("allocator/libglassheap.so");
  // It grows by 256 KiB until it is killed, and shows itself before.
  Background doomed({"/bin/sh", "-c",
                     "echo $$ >" + box_->folder() + "/cgroup.procs; LD_PRELOAD=" + library +
                         " exec perl -e '$| = 1; my @a; push @a, \"x\" x 262144 for 1..8; print \"up\\n\"; sleep 1 "
                         "until -e $ARGV[0]; push @a, \"x\" x 262144 while 1' " +
                         ::testing::TempDir() + "go." + std::to_string(::getpid())});
  if (doomed.ReadLine() != "up") GTEST_SKIP() << "needs perl";
  Background watch({Oomscore(), "watch"});
  watch.ReadLine();  // printed after the first look at all processes
  const std::string go = ::testing::TempDir() + "go." + std::to_string(::getpid());
  std::ofstream(go) << "go";
  const std::string line = LineOf(watch, doomed.pid());
  ::unlink(go.c_str());
  EXPECT_NE(line.find("its heap at death: live "), std::string::npos) << line;
}

TEST_F(OomscoreWatch, ThePast) {
  if (!LogCanBeRead()) GTEST_SKIP() << "/dev/kmsg cannot be read";
  pid_t pid = 0;
  {
    Doomed doomed(*box_);
    pid = doomed.pid();
    doomed.Begin();
    ::waitpid(pid, nullptr, 0);
  }
  const ShellResult past = Shell(Oomscore() + " watch --past --json");
  EXPECT_EQ(past.status, 0);
  EXPECT_NE(past.out.find("\"pid\":" + std::to_string(pid) + ","), std::string::npos);
}

TEST(OomscoreWatchErrors, CalledWrongly) {
  const ShellResult interval = Shell(Oomscore() + " watch -s 0");
  EXPECT_EQ(interval.status, 2);
  EXPECT_EQ(interval.err, "oomscore: 0: not a number of seconds; 0.1 to 3600\n");
  EXPECT_EQ(Shell(Oomscore() + " watch -n x").err, "oomscore: -n x: not a number of kills\n");
  const ShellResult past = Shell(Oomscore() + " --root testdata/hosts/empty watch --past");
  EXPECT_EQ(past.status, 1);
  EXPECT_EQ(past.err,
            "oomscore: testdata/hosts/empty/dev/kmsg: No such file or directory; run as root or with CAP_SYSLOG\n");
}

TEST(OomscoreWatchEnds, BySignal) {
  Background watch({Oomscore(), "watch", "--no-log"});
  watch.ReadLine();
  ::kill(watch.pid(), SIGTERM);
  EXPECT_EQ(watch.Wait(), 0);
}

}  // namespace
}  // namespace glassheap::tools
