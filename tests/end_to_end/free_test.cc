// memstat called as free, beside Debian's free: the same bytes on stdout and stderr and the same exit status, both
// reading the same frozen /proc/meminfo, which is bind-mounted in a mount namespace.

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/end_to_end/two_frees.h"
#include "tests/support/random.h"

namespace glassheap::testing {
namespace {

// 12 units x 2^6 switches x 3 ways to repeat = 2304. Two units at once are among the errors.
std::vector<Words> EveryCombination() {
  const Words units = {"",       "-b",     "-k",     "-m",     "-g",     "--tebi",
                       "--pebi", "--kilo", "--mega", "--giga", "--tera", "--peta"};
  const Words switches = {"-h", "--si", "-l", "-t", "-v", "-w"};
  const std::vector<Words> repeats = {{}, {"-c", "1"}, {"-s0,00001", "-c2"}};
  std::vector<Words> all;
  for (const std::string& unit : units) {
    for (size_t set = 0; set < size_t{1} << switches.size(); ++set) {
      for (const Words& repeat : repeats) {
        Words words = repeat;
        for (size_t i = 0; i < switches.size(); ++i) {
          if (set >> i & 1) words.push_back(switches[i]);
        }
        if (!unit.empty()) words.push_back(unit);
        all.push_back(words);
      }
    }
  }
  return all;
}

// Reports of many children at once; each failure is one line or more, at most a few per child.
void ExpectNothing(std::vector<Frozen>& children) {
  std::string skip;
  for (Frozen& child : children) {
    const std::string report = child.Report();
    if (report.starts_with("skip: ")) {
      skip = report.substr(6);
    } else {
      EXPECT_EQ(report, "");
    }
  }
  if (!skip.empty()) GTEST_SKIP() << "no mount namespace of our own: " << skip << "; run as root";
}

std::string CompareAll(const Frees& frees, const std::string& meminfo, const std::vector<Words>& all) {
  std::string report;
  int failures = 0;
  const Forked theirs(kTheirs);
  const Forked ours(frees.ours());
  for (Words words : all) {
    words.insert(words.begin(), "free");
    const Ending ending = theirs.Run(words);
    std::string difference = Difference(words, ending, ours.Run(words));
    if (ending.status != 0 || ending.out.size() < 200) difference += "free itself failed: " + ending.out + ending.err;
    if (!difference.empty() && ++failures <= 3) report += meminfo + ": " + difference;
  }
  return failures == 0 ? "" : report + std::to_string(failures) + " of " + std::to_string(all.size()) + " differ\n";
}

class FreeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TheirsIsOurAge()) GTEST_SKIP() << kTheirs << " is not procps-ng 4.0.2";
  }
};

TEST_F(FreeTest, EveryCombinationOnEveryMachine) {
  const std::vector<Words> all = EveryCombination();
  ASSERT_GE(all.size(), 2000u);
  std::vector<Frozen> children;
  for (const char* host :
       {"debian12", "old-kernel", "container", "swapping", "high-memory", "tebibytes", "lxcfs-zeros"}) {
    children.emplace_back(
        std::string("testdata/hosts/") + host + "/proc/meminfo",
        [&](const Frees& frees, const std::string& meminfo) { return CompareAll(frees, meminfo, all); });
  }
  ExpectNothing(children);
}

// A meminfo of random figures, some lines missing, all magnitudes.
std::string RandomMeminfo(Random& random) {
  std::string text = "Unknown:               7 kB\n";
  for (const char* key :
       {"MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapTotal", "SwapFree", "Shmem", "SReclaimable",
        "CommitLimit", "Committed_AS", "HighTotal", "HighFree", "LowTotal", "LowFree"}) {
    if (!random.OneIn(6)) text += std::string(key) + ": " + std::to_string(random.Skewed(size_t{1} << 44)) + " kB\n";
  }
  return text;
}

std::string CompareOnRandomFigures(const Frees& frees, const std::string& meminfo) {
  Random random;
  std::string report;
  for (int i = 0; i < 60; ++i) {
    const std::string text = RandomMeminfo(random);
    std::ofstream(meminfo, std::ios::trunc) << text;
    for (const Words& words :
         std::vector<Words>{{"-ltvw"}, {"-hltv"}, {"-hltv", "--si"}, {"-ltv", "--mega"}, {"-gtv"}}) {
      const std::string difference = frees.Compare(words);
      if (!difference.empty()) report += text + difference;
    }
  }
  return report;
}

TEST_F(FreeTest, RandomFiguresAddUpTheSameWay) {
  const std::string meminfo = ::testing::TempDir() + "free_test_meminfo";
  std::ofstream(meminfo) << "MemTotal: 1 kB\n";
  std::vector<Frozen> children;
  children.emplace_back(meminfo, CompareOnRandomFigures);
  ExpectNothing(children);
}

std::vector<Words> WrongAndOddUses() {
  std::vector<Words> uses;
  for (const char* seconds : {"abc", "",  "1x",        "nan",  "inf", "1e9", "1.5.5", "0",  "-1",   "0x10",     "1 ",
                              ".",   "-", "0.0000001", "1,5,", "5-",  "-.5", ",",     ".x", "1.5x", "0,0000009"}) {
    uses.push_back({"-s", seconds, "-c1"});
  }
  for (const char* count : {"abc", "0", "-2", "", "1x", "99999999999999999999", "99999999999999999999x", "2147483648",
                            "0x1", " ", "-", "1 ", "+1", " 1"}) {
    uses.push_back({"-c", count});
    uses.push_back({std::string("--count=") + count});
  }
  for (const char* line :
       {"-k -m",        "-k -k",        "-b --kilo", "-km",    "--bogus",   "--bogus=3", "--b",           "--me",
        "--hel",        "foo",          "-- foo",    "--",     "-c",        "-s",        "--seconds",     "-h -m",
        "-mh",          "--human=1",    "--l",       "--lo",   "--m",       "--h",       "--t",           "--s 1 -c1",
        "--c 1",        "--p",          "--k",       "--help", "--version", "-V",        "-V extra",      "extra -V",
        "--help -k -m", "-k -m --help", "-Z",        "-Zk",    "-x -y",     "-c x -s y", "-s x -c y",     "-c2 -c1",
        "-tt",          "foo -k",       "-W foo",    "-?",     "--=3",      "-ltvwh",    "--wide --total"}) {
    std::istringstream in(line);
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    uses.push_back(words);
  }
  return uses;
}

TEST_F(FreeTest, ErrorsHelpAndAbbreviations) {
  std::vector<Frozen> children;
  children.emplace_back("testdata/hosts/debian12/proc/meminfo", [](const Frees& frees, const std::string&) {
    std::string report;
    for (const Words& words : WrongAndOddUses()) {
      for (const char* name : {"free", "/some/where/free"}) report += frees.Compare(words, name);
      report += frees.Compare(words, "free", "LANG=C.UTF-8");
    }
    return report;
  });
  ExpectNothing(children);
}

// Both by the shell. 4 is a pipe that nobody reads.
constexpr char kShell[] = R"(
free() { (exec -a free %s "$@"); }
free=free
fifo=$(mktemp -u) && mkfifo $fifo && exec 3<>$fifo 4>$fifo 3>&- && rm $fifo
)";

TEST_F(FreeTest, OutputThatNobodyTakes) {
  std::vector<Frozen> children;
  children.emplace_back("testdata/hosts/debian12/proc/meminfo", [](const Frees& frees, const std::string&) {
    std::string report;
    for (const char* line :
         {"$free >/dev/full", "$free --help >/dev/full", "$free -V >/dev/full", "$free >&-", "$free -V >&-",
          "$free -s 0.001 -c 3 >/dev/full", "$free -k -m 2>/dev/full", "$free --bogus 2>&-", "$free >&4",
          "$free -s 0.001 >&4", "trap '' PIPE; $free -s 0.001 -c 2 >&4", "$free -c 2 -s 0.001 | head -1"}) {
      std::string endings[2];
      const std::string programs[] = {kTheirs, frees.ours()};
      for (int i = 0; i < 2; ++i) {
        std::string script = kShell;
        script.replace(script.find("%s"), 2, programs[i]);
        const Ending ending = frees.Run("/bin/bash", {"bash", "-c", script + line + "; echo $?"});
        endings[i] = ending.out + ending.err;
      }
      if (endings[0] != endings[1]) report += std::string(line) + "\ntheirs: " + endings[0] + "ours: " + endings[1];
    }
    return report;
  });
  ExpectNothing(children);
}

std::string OnTerminal(const std::string& program, const Words& words) {
  int master = -1;
  const pid_t pid = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (pid == 0) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
  }
  std::string text;
  char part[512];
  for (ssize_t n; (n = ::read(master, part, sizeof part)) > 0;) text.append(part, static_cast<size_t>(n));
  ::close(master);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return text + std::to_string(status);
}

TEST_F(FreeTest, ATerminalGetsTheSame) {
  std::vector<Frozen> children;
  children.emplace_back("testdata/hosts/debian12/proc/meminfo", [](const Frees& frees, const std::string&) {
    std::string report;
    for (const Words& words :
         std::vector<Words>{{"free"}, {"free", "-hlt"}, {"free", "-s0.001", "-c3"}, {"free", "-Z"}}) {
      const std::string theirs = OnTerminal(kTheirs, words);
      const std::string ours = OnTerminal(frees.ours(), words);
      if (theirs != ours || ours.empty()) report += "theirs: " + theirs + "\nours: " + ours;
    }
    return report;
  });
  ExpectNothing(children);
}

TEST_F(FreeTest, AMeminfoThatIsEmptyOrMissing) {
  const std::string meminfo = ::testing::TempDir() + "empty_meminfo";
  std::ofstream(meminfo, std::ios::trunc).flush();
  std::vector<Frozen> children;
  children.emplace_back(meminfo, [](const Frees& frees, const std::string&) {
    std::string report = frees.Compare({"-h"});
    if (::mount("none", "/proc", "tmpfs", 0, nullptr) != 0) return report + "no tmpfs";
    return report + frees.Compare({}) + frees.Compare({"-k", "-m"}) + frees.Compare({"--help"});
  });
  ExpectNothing(children);
}

// What 4.0.2 has not: NEWS of 4.0.4 and its man page have the layout.
TEST(FreeOfLater, OneLine) {
  const Frees frees;
  const std::string variable = "GLASSHEAP_ROOT=testdata/hosts/swapping";
  const std::string expected = "SwapUse     4182012 CachUse      495934  MemUse    24172096 MemFree      204812 \n";
  for (const Words& words : std::vector<Words>{{"free", "-L"}, {"free", "--line"}, {"free", "-wltvL"}}) {
    EXPECT_EQ(frees.Run(frees.ours(), words, variable).out, expected);
  }
  EXPECT_EQ(frees.Run(frees.ours(), {"free", "-L", "-s.001", "-c2"}, variable).out, expected + expected);
  EXPECT_EQ(frees.Run(frees.ours(), {"free", "-Lh"}, variable).out,
            "SwapUse       4.0Gi CachUse       484Mi  MemUse        23Gi MemFree       200Mi \n");
}

TEST(MemstatFree, IsFreeToo) {
  const Frees frees;
  const char* variable = "GLASSHEAP_ROOT=testdata/hosts/swapping";
  const Ending as_free = frees.Run(frees.ours(), {"free", "-w", "-h"}, variable);
  EXPECT_NE(as_free.out.find("buffers"), std::string::npos);
  EXPECT_EQ(frees.Run(frees.ours(), {"memstat", "free", "-w", "-h"}, variable), as_free);
  EXPECT_EQ(frees.Run(frees.ours(), {"memstat", "--root", "testdata/hosts/swapping", "free", "-w", "-h"}), as_free);
  EXPECT_EQ(frees.Run(frees.ours(), {"memstat", "free", "-k", "-m"}).err,
            "free: Multiple unit options don't make sense.\n");
}

}  // namespace
}  // namespace glassheap::testing
