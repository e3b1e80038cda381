// memstat heap on processes whose memory is known beforehand, and on real programs: what is planted lands in its bucket, and
// the buckets add up to the kernel's Rss.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/shell.h"
#include "tools/model/resident.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::Background;
using glassheap::testing::Program;
using glassheap::testing::Shell;
using glassheap::testing::ShellResult;
using nlohmann::json;

constexpr int64_t kMiB = 1 << 20;

std::string Preload() {
  return "LD_PRELOAD=" + std::filesystem::absolute(Program("allocator/libglassheap.so")).string();
}

// Under glassheap, until the object goes; its output is read up to a line that has `ready` in it.
class Subject {
 public:
  Subject(std::vector<std::string> command, const std::string& ready) : process_(WithEnvironment(std::move(command))) {
    constexpr int kMaxLines = 300;  // an empty one may be one, or the end
    for (int i = 0; i < kMaxLines && !ready_; ++i) ready_ = process_.ReadLine().find(ready) != std::string::npos;
    Stop();
  }
  ~Subject() { ::kill(process_.pid(), SIGKILL); }

  bool ready() const { return ready_; }
  std::string pid() const { return std::to_string(process_.pid()); }

  json Heap(const std::string& options = "") {
    const ShellResult result = Shell(Program("tools/memstat") + " heap --json " + options + " " + pid());
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out, nullptr, false);
  }

 private:
  static std::vector<std::string> WithEnvironment(std::vector<std::string> command) {
    command.insert(command.begin(), {"/usr/bin/env", Preload()});
    return command;
  }

  // Comes back when its last thread has come to rest, which on a busy machine is a while after the signal.
  void Stop() const {
    ::kill(process_.pid(), SIGSTOP);
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(process_.pid()), &info, WSTOPPED | WEXITED | WNOWAIT);
  }

  Background process_;
  bool ready_ = false;
};

std::vector<std::string> Planted(const std::string& name, const std::string& number = "0") {
  return {Program("tests/support/planted"), name, number};
}

int64_t RollupRss(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/smaps_rollup");
  std::string word;
  int64_t kibibytes = 0;
  while (file >> word) {
    if (word == "Rss:") {
      file >> kibibytes;
      break;
    }
  }
  return kibibytes * 1024;
}

// The sum the document claims, and the one the kernel has.
void ExpectToClose(const json& heap, const std::string& pid) {
  int64_t sum = 0;
  int64_t buckets = 0;
  for (const auto& [key, value] : heap["resident"].items()) {
    sum += value.get<int64_t>();
    if (key != "unattributed") buckets += value.get<int64_t>();
  }
  EXPECT_EQ(sum, heap["rss_measured"].get<int64_t>());
  const int64_t rss = RollupRss(pid);
  EXPECT_GT(rss, 0);
  EXPECT_LE(std::abs(buckets - rss), rss / 100 + 64 * 1024) << heap.dump(1);
  EXPECT_TRUE(heap["resident_complete"].get<bool>());
  EXPECT_EQ(heap["heap"]["residual"], 0);
  EXPECT_EQ(heap["skew_bound"], 0);
}

#define ASSERT_READY(subject) ASSERT_TRUE(subject.ready()) << "it did not come to what was planted"

TEST(MemstatHeapPlanted, AGibibyteNeverTouched) {
  Subject subject(Planted("untouched"), "ready");
  ASSERT_READY(subject);
  const json heap = subject.Heap();
  ExpectToClose(heap, subject.pid());
  EXPECT_EQ(heap["tier"], "exact");
  EXPECT_GE(heap["live_untouched"], 1024 * kMiB - kMiB);
  EXPECT_LE(heap["resident"]["live_touched"], kMiB);
  EXPECT_GE(heap["heap"]["live_bytes"], 1024 * kMiB);
}

TEST(MemstatHeapPlanted, OneSurvivorIn64) {
  Subject subject(Planted("survivors"), "ready");
  ASSERT_READY(subject);
  const json heap = subject.Heap();
  ExpectToClose(heap, subject.pid());
  // 63 MiB were freed; a few of them are in the caches, none can go back.
  const json& resident = heap["resident"];
  EXPECT_GE(resident["central_free"], 56 * kMiB);
  EXPECT_LE(resident["live_touched"], 4 * kMiB);
  EXPECT_GE(resident["central_free"].get<int64_t>() + resident["thread_cache_free"].get<int64_t>() +
                resident["transfer_cache_free"].get<int64_t>(),
            62 * kMiB);
  for (const json& one : heap["fragmentation"]) {
    if (one["size"] != 64) continue;
    EXPECT_GE(one["pinned_bytes"], 56 * kMiB);
    EXPECT_GE(one["spans_by_eighths_in_use"][0].get<int64_t>(), one["spans"].get<int64_t>() * 8 / 10);
    return;
  }
  ADD_FAILURE() << "no row for 64 bytes";
}

TEST(MemstatHeapPlanted, ADirectMmapIsOtherMemory) {
  Subject subject(Planted("mmap"), "ready");
  ASSERT_READY(subject);
  const json heap = subject.Heap();
  ExpectToClose(heap, subject.pid());
  EXPECT_GE(heap["resident"]["other_anonymous"], 256 * kMiB);
  EXPECT_LE(heap["resident"]["other_anonymous"], 257 * kMiB);
}

TEST(MemstatHeapPlanted, MemoryThatWasReleasedIsNotThere) {
  Subject subject(Planted("released"), "ready");
  ASSERT_READY(subject);
  const json heap = subject.Heap("--map");
  ExpectToClose(heap, subject.pid());
  EXPECT_GE(heap["heap"]["page_heap_released"], 63 * kMiB);  // a little of it is in use again
  EXPECT_LE(heap["resident"]["page_heap_released"], kMiB);
  EXPECT_LE(heap["resident"]["page_heap_free"], kMiB);
  int64_t nothing = 0;
  for (const json& run : heap["map"]["runs"]) {
    if (run[0] == "no memory behind it") nothing += run[1].get<int64_t>();
  }
  EXPECT_GE(nothing * heap["map"]["bytes_per_cell"].get<int64_t>(), 63 * kMiB);
}

TEST(MemstatHeapPlanted, StacksOfThreads) {
  Subject subject(Planted("stacks", "32"), "ready");
  ASSERT_READY(subject);
  const json heap = subject.Heap();
  ExpectToClose(heap, subject.pid());
  EXPECT_GE(heap["resident"]["stacks"], 32 * kMiB);
  EXPECT_LE(heap["resident"]["stacks"], 34 * kMiB);
  EXPECT_LE(heap["resident"]["other_anonymous"], 2 * kMiB);
}

// A swap file of 64 MiB, gone with the object.
class SwapFile {
 public:
  SwapFile() : path_(std::filesystem::absolute(::testing::TempDir() + "swap_" + std::to_string(::getpid()))) {
    const ShellResult made = Shell("dd if=/dev/zero of=" + path_ + " bs=1M count=64 status=none && chmod 600 " + path_ +
                                   " && mkswap -q " + path_);
    if (made.status != 0) {
      why_not_ = made.err;
    } else if (::swapon(path_.c_str(), 0) != 0) {
      why_not_ = std::string("swapon: ") + std::strerror(errno);
    }
  }
  ~SwapFile() {
    if (why_not_.empty()) ::swapoff(path_.c_str());
    ::unlink(path_.c_str());
  }
  const std::string& why_not() const { return why_not_; }

 private:
  std::string path_;
  std::string why_not_;
};

TEST(MemstatHeapPlanted, SwappedOut) {
  SwapFile swap;
  if (!swap.why_not().empty()) GTEST_SKIP() << "no swap file can be had: " << swap.why_not();
  Subject subject(Planted("swapped"), "ready");
  ASSERT_READY(subject);
  const json heap = subject.Heap();
  if (heap["kernel"]["swap"] == 0) GTEST_SKIP() << "the kernel swapped nothing out when it was asked to";
  ExpectToClose(heap, subject.pid());
  EXPECT_GE(heap["swapped"]["live_touched"], 24 * kMiB);
  EXPECT_LE(heap["resident"]["live_touched"].get<int64_t>() + heap["swapped"]["live_touched"].get<int64_t>(),
            33 * kMiB);
}

// Quiesced, every byte is accounted for, whatever the threads did before.
TEST(MemstatHeapPlanted, TheSumClosesAtRest) {
  for (const char* threads : {"1", "2", "8", "64"}) {
    Subject subject(Planted("quiesced", threads), "ready");
    ASSERT_READY(subject);
    const json heap = subject.Heap();
    ExpectToClose(heap, subject.pid());
    for (const json& one : heap["classes"]) EXPECT_GE(one["live_objects"], 0) << one;
  }
}

struct RealProgram {
  const char* name;
  const char* needs;  // a file without which it is skipped
  std::vector<std::string> command;
  const char* ready;
};

class MemstatHeapReal : public ::testing::TestWithParam<RealProgram> {};

TEST_P(MemstatHeapReal, BucketsAreTheKernelsRss) {
  const RealProgram& program = GetParam();
  if (::access(program.needs, X_OK) != 0) GTEST_SKIP() << program.needs << " is not installed";
  Subject subject(program.command, program.ready);
  ASSERT_READY(subject);
  ExpectToClose(subject.Heap(), subject.pid());
}

const RealProgram kPrograms[] = {
    {"Python",
     "/usr/bin/python3",
     {"/usr/bin/python3", "-c",
      "import time\nx = [str(i) * 30 for i in range(200000)]\ny = x[::9]\ndel x\nprint('ready', flush=True)\n"
      "time.sleep(600)"},
     "ready"},
    {"Redis",
     "/usr/bin/redis-server",
     {"/bin/sh", "-c",
      "cd $(mktemp -d) && exec /usr/bin/redis-server --port 0 --unixsocket redis.sock --save '' --daemonize no"},
     "eady to accept connections"},
    {"Sqlite",
     "/usr/bin/sqlite3",
     {"/usr/bin/sqlite3", ":memory:",
      "create table t(a, b); with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000) "
      "insert into t select i, hex(randomblob(40)) from n; delete from t where a % 3;",
      ".system echo ready; exec sleep 30"},
     "ready"},
    {"Node",
     "/usr/bin/node",
     {"/usr/bin/node", "-e",
      "const x = []; for (let i = 0; i < 200000; i++) x.push(Buffer.from('a' + i)); console.log('ready'); "
      "setInterval(() => x.length, 100000)"},
     "ready"},
    // The compiler rests where it waits for the last header, a FIFO that nobody writes to: it sleeps nowhere else.
    {"Compiler",
     "/usr/bin/g++",
     {"/bin/sh", "-c",
      "cd $(mktemp -d) && mkfifo wait.h && printf '#include <regex>\\n#include <map>\\n#include <iostream>\\n#include "
      "\"wait.h\"\\n' >regex.cc; (i=0; until grep -qs '(cc1plus) S' /proc/$$/stat || [ $i -gt 600 ]; do sleep 0.1; "
      "i=$((i + 1)); done; echo ready) & exec $(/usr/bin/g++ -print-prog-name=cc1plus) -quiet -imultiarch "
      "$(/usr/bin/g++ -print-multiarch) regex.cc -o /dev/null"},
     "ready"},
};

INSTANTIATE_TEST_SUITE_P(Programs, MemstatHeapReal, ::testing::ValuesIn(kPrograms),
                         [](const auto& info) { return info.param.name; });

TEST(MemstatHeap, PicturesAreWrittenWhole) {
  Subject subject(Planted("quiesced", "2"), "ready");
  ASSERT_READY(subject);
  const std::string memstat = Program("tools/memstat") + " heap " + subject.pid();
  const ShellResult bars = Shell(memstat + " --svg /dev/stdout | cat");
  EXPECT_EQ(bars.status, 0) << bars.err;
  EXPECT_EQ(bars.out.rfind("<svg ", 0), 0u);
  EXPECT_NE(bars.out.find(">live, touched<"), std::string::npos);
  const ShellResult map = Shell(memstat + " --map --svg map.svg && cat map.svg && rm map.svg");
  EXPECT_EQ(map.status, 0) << map.err;
  EXPECT_NE(map.out.find(">no memory behind it<"), std::string::npos);
  const ShellResult failed = Shell(memstat + " --svg no/such/directory.svg");
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(failed.err, "memstat: no/such/directory.svg: No such file or directory\n");
  EXPECT_EQ(Shell(memstat + " --svg a.svg --json").status, 2);
}

TEST(MemstatHeap, TheTextHasItsParts) {
  Subject subject(Planted("quiesced", "2"), "ready");
  ASSERT_READY(subject);
  const ShellResult text = Shell(Program("tools/memstat") + " heap --spans --map " + subject.pid());
  EXPECT_EQ(text.status, 0) << text.err;
  for (const char* part : {"RSS ", "live, touched", "files and libraries", "unattributed ",
                           "not in RSS: ", "  residual", "SPANS BY USE", "a cell is "}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\n" << text.out;
  }
}

}  // namespace
}  // namespace glassheap::tools
