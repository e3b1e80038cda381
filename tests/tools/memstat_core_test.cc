// memstat core on dumps of real processes, the kernel's and hand-made, and on files that are no dump of ours.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_core.h"
#include "tests/support/process_dump.h"
#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

namespace fs = std::filesystem;
using glassheap::testing::Background;
using glassheap::testing::MakeFakeCore;
using glassheap::testing::MakeFakeCoreWithHeap;
using glassheap::testing::Program;
using glassheap::testing::Shell;
using glassheap::testing::ShellResult;
using nlohmann::json;
using Bytes = std::vector<std::byte>;

constexpr int64_t kMiB = 1 << 20;

// A directory of the test's own, gone with the object.
class Place {
 public:
  Place() : path_(::testing::TempDir() + "core_XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << path_;
  }
  ~Place() { fs::remove_all(path_); }

  const std::string& path() const { return path_; }

  std::string Write(const std::string& name, const Bytes& bytes) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file;
  }

 private:
  std::string path_;
};

ShellResult Core(const std::string& arguments) { return Shell(Program("tools/memstat") + " core " + arguments); }

json CoreJson(const std::string& file) {
  const ShellResult result = Core("--json " + file);
  EXPECT_EQ(result.status, 0) << result.err;
  return json::parse(result.out, nullptr, false);
}

// tests/support/planted under glassheap: its dump goes where it runs.
std::vector<std::string> Planted(const std::string& directory, const std::string& name, const std::string& preload) {
  return {"/bin/sh", "-c",
          "cd " + directory + " && ulimit -c unlimited; exec env LD_PRELOAD=" + preload + " " +
              fs::absolute(Program("tests/support/planted")).string() + " " + name};
}

std::string Library() { return fs::absolute(Program("allocator/libglassheap.so")).string(); }

bool WaitUntilReady(Background& process) {
  constexpr int kMaxLines = 10;
  for (int i = 0; i < kMaxLines; ++i) {
    if (process.ReadLine() == "ready") return true;
  }
  return false;
}

void ExpectSurvivors(const json& core, pid_t pid) {
  ASSERT_TRUE(core.is_object());
  EXPECT_EQ(core["schema"], "glassheap.core/1");
  EXPECT_EQ(core["pid"], pid);
  EXPECT_EQ(core["term_signal"], SIGSEGV);
  EXPECT_EQ(core["tier"], "published");
  // 64 MiB in objects of 64 bytes, of which one in 64 is left.
  EXPECT_GE(core["heap"]["mapped"], 64 * kMiB);
  EXPECT_GE(core["heap"]["live_bytes"], kMiB);
  EXPECT_LE(core["heap"]["live_bytes"], 4 * kMiB);
  EXPECT_GE(core["heap"]["central_free"], 56 * kMiB);
  EXPECT_EQ(core["heap"]["residual"], 0);
  EXPECT_GE(core["history"].size(), 1u);
}

TEST(MemstatCore, OfTheKernel) {
  std::ifstream file("/proc/sys/kernel/core_pattern");
  std::string pattern;
  std::getline(file, pattern);
  if (pattern.empty() || pattern.find('/') != std::string::npos || pattern[0] == '|') {
    GTEST_SKIP() << "dumps do not go to the directory of the program: kernel.core_pattern is " << pattern;
  }
  const Place place;
  Background process(Planted(place.path(), "survivors", Library()));
  ASSERT_TRUE(WaitUntilReady(process));
  const pid_t pid = process.pid();
  ::kill(pid, SIGSEGV);
  const int status = process.Wait();
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  if (!WCOREDUMP(status)) GTEST_SKIP() << "the kernel wrote no dump";
  const std::string core = fs::directory_iterator(place.path())->path().string();
  ExpectSurvivors(CoreJson(core), pid);
  const ShellResult text = Core(core);
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_EQ(text.out.rfind("planted (" + std::to_string(pid) + ") died of SIGSEGV   ", 0), 0u) << text.out;
}

TEST(MemstatCore, OfALivingProcess) {
  const Place place;
  Background process(Planted(place.path(), "survivors", Library()));
  ASSERT_TRUE(WaitUntilReady(process));
  const json alive = json::parse(Shell(Program("tools/memstat") + " heap --json " + std::to_string(process.pid())).out,
                                 nullptr, false);
  const Bytes dump = testing::DumpProcess(process.pid(), SIGSEGV);
  if (dump.empty()) GTEST_SKIP() << "the memory of a child may not be read";
  const json core = CoreJson(place.Write("core", dump));
  ExpectSurvivors(core, process.pid());
  // What was alive is what is in the dump, to the byte where the process publishes it.
  ASSERT_TRUE(alive.is_object());
  for (const char* tier : {"central_free", "span_tail_waste", "page_heap_free", "metadata", "mapped"}) {
    EXPECT_EQ(core["heap"][tier], alive["heap"][tier]) << tier;
  }
}

TEST(MemstatCore, OfAProgramUnderAnotherMalloc) {
  const Place place;
  Background process(Planted(place.path(), "stacks", ""));
  ASSERT_TRUE(WaitUntilReady(process));
  const Bytes dump = testing::DumpProcess(process.pid(), SIGSEGV);
  if (dump.empty()) GTEST_SKIP() << "the memory of a child may not be read";
  const std::string file = place.Write("core", dump);
  const ShellResult result = Core(file);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "memstat: " + file +
                            ": no heap in it: the program did not run under glassheap, or shared memory was left out "
                            "(bit 1 of /proc/PID/coredump_filter)\n");
}

// One line, that names the file, why, and where there is one the way out.
void ExpectError(const std::string& file, const std::string& why) {
  const ShellResult result = Core(file);
  EXPECT_EQ(result.status, 1) << why;
  EXPECT_EQ(result.out, "") << why;
  EXPECT_EQ(result.err, "memstat: " + file + ": " + why + "\n");
}

Bytes BytesOf(const std::string& text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

TEST(MemstatCoreErrors, WhatIsNoDump) {
  const Place place;
  ExpectError(place.path() + "/nowhere", "No such file or directory");
  ExpectError(place.path(), "not a core dump: it is not a file");
  ExpectError("/dev/null", "not a core dump: it is not a file");
  ExpectError(place.Write("empty", {}), "not a core dump: it is shorter than an ELF header");
  ExpectError(place.Write("text", BytesOf("a report of a crash, in words\n")),
              "not a core dump: it is not an ELF file");
  ExpectError(Program("tools/memstat"),
              "not a core dump: it is an ELF file of another kind; give the dump, not the program");
  ExpectError(place.Write("core.zst", BytesOf(std::string("\x28\xb5\x2f\xfd", 4) + std::string(99, 'x'))),
              "not a core dump: it is compressed; unzstd it first");
  Bytes other = MakeFakeCoreWithHeap(42);
  other[4] = std::byte{1};  // of a 32-bit machine
  ExpectError(place.Write("foreign", other), "not a core dump: glassheap runs on 64-bit little-endian machines only");
}

// Nobody writes to it: opening it must not wait.
TEST(MemstatCoreErrors, AFifo) {
  const Place place;
  const std::string fifo = place.path() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  ExpectError(fifo, "not a core dump: it is not a file");
}

TEST(MemstatCoreErrors, CutOff) {
  const Place place;
  Bytes core = MakeFakeCoreWithHeap(42);
  core.resize(core.size() - 100'000);
  ExpectError(place.Write("cut", core), "unreadable region: the dump is cut off in it");
  core.resize(100);
  ExpectError(place.Write("stub", core), "not a core dump: it has no memory in it");
}

TEST(MemstatCoreErrors, ARegionThatLies) {
  const Place place;
  Bytes core = MakeFakeCoreWithHeap(42);
  static constexpr char kMagic[] = "GLSHEAP1";
  const auto at = std::search(core.begin(), core.end(), reinterpret_cast<const std::byte*>(kMagic),
                              reinterpret_cast<const std::byte*>(kMagic) + 8);
  ASSERT_NE(at, core.end());
  at[8] = std::byte{99};  // layout_version
  ExpectError(place.Write("newer", core), "unreadable region: layout version 99, this tool reads 1");
}

TEST(MemstatCoreErrors, AForksParent) {
  const Place place;
  ExpectError(place.Write("core",
                          [] {
                            Bytes core = MakeFakeCoreWithHeap(41);
                            const int parent = 41, child = 42;
                            // The notes say 42, the region 41.
                            for (size_t i = 0; i + 4 <= 2048; i += 4) {
                              if (std::memcmp(core.data() + i, &parent, 4) == 0)
                                std::memcpy(core.data() + i, &child, 4);
                            }
                            return core;
                          }()),
              "it is a fork of pid 41 that had not allocated since: it has no heap of its own");
}

TEST(MemstatCoreErrors, CalledWrongly) {
  EXPECT_EQ(Core("").status, 2);
  EXPECT_EQ(Core("--josn core").status, 2);
  EXPECT_EQ(Core("one two").status, 2);
}

}  // namespace
}  // namespace glassheap::tools
