// memstat map as it is called, on real processes.

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::Background;
using glassheap::testing::Program;
using glassheap::testing::Shell;
using glassheap::testing::ShellResult;
using Json = nlohmann::json;

const std::string& Memstat() {
  static const std::string path = Program("tools/memstat");
  return path;
}

// Runs under glassheap until the test ends.
class Target {
 public:
  Target() : run_({Memstat(), "run", "--report", "/dev/null", "--", "sh", "-c", "echo $$; kill -STOP $$"}) {
    pid_ = run_.ReadLine();
    while (!IsStopped()) ::sched_yield();
  }
  ~Target() { ::kill(std::stoi(pid_), SIGKILL); }
  const std::string& pid() const { return pid_; }

 private:
  bool IsStopped() const { return Shell("cat /proc/" + pid_ + "/stat").out.find(") T ") != std::string::npos; }

  Background run_;
  std::string pid_;
};

Json Map(const std::string& arguments) {
  const ShellResult result = Shell(Memstat() + " map --json " + arguments);
  EXPECT_EQ(result.status, 0) << result.err;
  return Json::parse(result.out);
}

TEST(MemstatMap, EveryMappingOnceAndTheSumsOfSmapsRollup) {
  const Target target;
  const Json map = Map(target.pid());
  EXPECT_EQ(map["schema"], "glassheap.map/1");
  const std::string lines = Shell("grep -c . /proc/" + target.pid() + "/maps").out;
  EXPECT_EQ(map["mappings"].size(), std::stoul(lines));
  uint64_t rss = 0, swap = 0;
  std::map<std::string, int> kinds;
  for (const Json& mapping : map["mappings"]) {
    rss += mapping["rss"].get<uint64_t>();
    swap += mapping["swap"].get<uint64_t>();
    ++kinds[mapping["kind"]];
  }
  const std::string rollup = Shell("awk '/^Rss:/ {print $2 * 1024}' /proc/" + target.pid() + "/smaps_rollup").out;
  EXPECT_EQ(rss, std::stoul(rollup));  // it is stopped: nothing moves
  for (const char* kind : {"text", "constants", "data", "glassheap", "glassheap_stats", "library", "stack", "kernel"}) {
    EXPECT_GT(kinds[kind], 0) << kind;
  }
  EXPECT_EQ(kinds["glibc_arena"], 0);
}

TEST(MemstatMap, TextNamesWhatIsThere) {
  const Target target;
  const std::string text = Shell(Memstat() + " map " + target.pid()).out;
  for (const char* part : {"sh (", "glassheap's heap", "library", "[stack]", "[vdso]", "page tables", "nothing"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << text;
  }
  const std::string all = Shell(Memstat() + " map --all " + target.pid()).out;
  EXPECT_GT(all.size(), text.size());
}

TEST(MemstatMap, PagesOfTheStack) {
  const Target target;
  std::string end;
  const Json map = Map(target.pid());
  for (const Json& mapping : map["mappings"]) {
    if (mapping["kind"] == "stack") end = mapping["end"];
  }
  const uint64_t last_page = std::stoull(end, nullptr, 16) - 4096;
  char address[32];
  std::snprintf(address, sizeof address, "%lx", static_cast<unsigned long>(last_page));
  const Json pages = Map(target.pid() + " --pages " + address + "+2");
  ASSERT_EQ(pages["pages"].size(), 2u);
  EXPECT_EQ(pages["pages"][0]["present"], true);  // the program's name and environment
  EXPECT_EQ(pages["pages"][1]["present"], false);
  EXPECT_EQ(Map(target.pid() + " --pages 0x" + address)["pages"].size(), 1u);
}

TEST(MemstatMap, Errors) {
  const auto error = [](const std::string& arguments) {
    const ShellResult result = Shell(Memstat() + " map " + arguments);
    return std::to_string(result.status) + " " + result.err;
  };
  const std::string self = std::to_string(::getpid());
  EXPECT_EQ(error(""), "2 memstat: PID|NAME is required: see --help\n");
  EXPECT_EQ(error("1073741823"), "1 memstat: pid 1073741823: no such process\n");
  for (const char* pages : {"", "zz", "0x", "1+0", "1+x", "1+4097", "-1", "11112222333344445"}) {
    EXPECT_EQ(error(self + " --pages '" + pages + "'"),
              "2 memstat: --pages " + std::string(pages) +
                  ": not an address in hexadecimal, with +COUNT of 1 to 4096 pages if you like\n");
  }
}

}  // namespace
}  // namespace glassheap::tools
