// memstat compare on small commands: what it says, what it refuses, and that it stops when told.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using Json = nlohmann::json;
using testing::Program;
using testing::Shell;
using testing::ShellResult;

std::string Memstat() {
  return "GLASSHEAP_LIB=" + Program("allocator/libglassheap.so") + " " + Program("tools/memstat");
}
ShellResult Compare(const std::string& arguments) { return Shell(Memstat() + " compare " + arguments); }

Json CompareToJson(const std::string& arguments) {
  const ShellResult result = Compare("--json " + arguments);
  return Json::parse(result.out, nullptr, false);
}

TEST(MemstatCompare, OursAndGlibc) {
  const Json json = CompareToJson("-n 2 --allocators glibc,glassheap,block -- sh -c 'echo hello'");
  EXPECT_EQ(json["schema"], "glassheap.compare/1");
  EXPECT_EQ(json["command"], "sh -c echo hello");
  EXPECT_EQ(json["rounds"], 2);
  ASSERT_EQ(json["allocators"].size(), 3u);
  for (const Json& one : json["allocators"]) {
    EXPECT_EQ(one["failed"], false) << one;
    EXPECT_EQ(one["output_differs"], false) << one;
    EXPECT_EQ(one["rounds"], 2) << one;
    EXPECT_GT(one["wall_seconds"]["median"], 0) << one;
    EXPECT_GE(one["wall_seconds"]["max"], one["wall_seconds"]["min"]) << one;
    EXPECT_GT(one["max_rss"], 500'000) << one;
    EXPECT_GT(one["minor_faults"], 20) << one;
  }
}

TEST(MemstatCompare, TheTableAndThePicture) {
  const std::string svg = ::testing::TempDir() + "/compare_" + std::to_string(::getpid()) + ".svg";
  const ShellResult result = Compare("-n 1 --allocators glibc,block --svg " + svg + " -- true");
  EXPECT_EQ(result.status, 0) << result.err;
  for (const char* part : {"true   1 round,", "wall time", "peak RSS", "BEST RUN", "block", "a glibc  b block"}) {
    EXPECT_NE(result.out.find(part), std::string::npos) << part << "\n" << result.out;
  }
  EXPECT_EQ(result.err, "");  // no progress where nobody looks
  EXPECT_EQ(Shell("head -c 4 " + svg + "; rm " + svg).out, "<svg");
}

TEST(MemstatCompare, WhatGoesWrongUnderOneAllocatorIsSaid) {
  const std::string odd = "'test -z \"$LD_PRELOAD\" || exit 3'";
  const ShellResult failing = Compare("-n 1 --allocators glibc,block -- sh -c " + odd);
  EXPECT_EQ(failing.status, 1);
  EXPECT_NE(failing.out.find("block: failed 1 of 1 runs: exit status 3"), std::string::npos) << failing.out;
  const Json differing = CompareToJson("-n 1 --allocators glibc,block -- sh -c 'echo $LD_PRELOAD'");
  EXPECT_EQ(differing["allocators"][1]["output_differs"], true);
  EXPECT_EQ(differing["allocators"][1]["failed"], false);
  const Json unseen = CompareToJson("-n 1 --no-compare-output --allocators glibc,block -- sh -c 'echo $LD_PRELOAD'");
  EXPECT_TRUE(unseen["allocators"][1]["output_differs"].is_null());
  const Json slow = CompareToJson("-n 1 --timeout 0.2 --allocators glibc -- sleep 1000");
  EXPECT_EQ(slow["allocators"][0]["timed_out"], true);
  EXPECT_EQ(slow["allocators"][0]["failed"], true);
  EXPECT_EQ(slow["allocators"][0]["why"], "timed out");
}

TEST(MemstatCompare, AFigureFromTheOutput) {
  const Json json =
      CompareToJson("-n 1 --allocators glibc --per-second 'ops=([0-9.]+) ops' -- sh -c 'echo 12.5 ops; echo 40 ops'");
  EXPECT_EQ(json["per_second"], "ops");
  EXPECT_EQ(json["allocators"][0]["per_second"], 40);
  const Json none = CompareToJson("-n 1 --allocators glibc --per-second 'ops=([0-9.]+) ops' -- true");
  EXPECT_EQ(none["allocators"][0]["why"], "no ops in its output");
}

// Told to stop in the middle of a run that would last for ever: what there is is printed, and nothing is left.
TEST(MemstatCompare, InterruptPrintsWhatWasMeasured) {
  const std::string script =
      "'if test -e \"$0\"; then touch \"$0.now\"; exec sleep 98765; fi; test -e \"$0.warm\" && touch \"$0\"; touch "
      "\"$0.warm\"' ";
  const std::string flag = ::testing::TempDir() + "/interrupt_" + std::to_string(::getpid());
  const ShellResult result =
      Shell(Memstat() + " compare -n 5 --allocators glibc -- sh -c " + script + flag + " & pid=$!; while ! test -e " +
            flag + ".now; do sleep 0.05; done; kill -INT $pid; wait $pid; echo status $?; rm -f " + flag + "*");
  EXPECT_NE(result.out.find("stopped: 1 whole round was measured"), std::string::npos) << result.out << result.err;
  EXPECT_NE(result.out.find("wall time"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("status 130\n"), std::string::npos) << result.out;
  EXPECT_EQ(Shell("pgrep -f '[s]leep 98765'").out, "");
}

TEST(MemstatCompare, WrongUse) {
  const auto error = [](const std::string& arguments) {
    const ShellResult result = Compare(arguments);
    return std::to_string(result.status) + " " + result.err;
  };
  EXPECT_EQ(error(""), "2 memstat: compare: no command; use memstat compare [OPTIONS] -- COMMAND [ARGUMENTS...]\n");
  EXPECT_EQ(error("-n 0 -- true"), "2 memstat: -n 0: rounds go from 1 to 100000\n");
  EXPECT_EQ(error("--timeout -1 -- true"), "2 memstat: --timeout: seconds, more than 0 and at most 10000000\n");
  EXPECT_EQ(error("--per-second x -- true"),
            "2 memstat: --per-second x: it is NAME=REGEX, such as 'requests=([0-9.]+) requests per second'\n");
  EXPECT_NE(error("--per-second 'x=(' -- true").find("not a regular expression"), std::string::npos);
  EXPECT_EQ(error("--allocators glibc,glibc -- true"), "2 memstat: glibc: named twice in --allocators\n");
  EXPECT_EQ(error("--allocators bogus -- true").find("2 memstat: bogus: no allocator known by this name; there are "),
            0u);
  EXPECT_EQ(error("--allocators glibc -- /no/such/program"),
            "127 memstat: /no/such/program: command not found; check its name, PATH, and a script's interpreter\n");
}

TEST(MemstatCompare, APictureThatCannotBeWrittenLosesNoFigures) {
  const ShellResult result = Compare("-n 1 --allocators glibc --json --svg /nonexistent/x.svg -- true");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "memstat: /nonexistent/x.svg: No such file or directory\n");
  EXPECT_EQ(Json::parse(result.out, nullptr, false)["allocators"][0]["name"], "glibc") << result.out;
}

TEST(MemstatRunAllocator, EachByItsName) {
  const auto run = [](const std::string& arguments) { return Shell(Memstat() + " run " + arguments); };
  const Json block = Json::parse(run("--json --allocator block -- true").err, nullptr, false);
  EXPECT_EQ(block["preloaded"], true) << block;
  EXPECT_EQ(block["heap"]["residual"], 0) << block;
  const Json glibc = Json::parse(run("--json --allocator glibc -- true").err, nullptr, false);
  EXPECT_EQ(glibc["preloaded"], false);
  EXPECT_EQ(glibc["not_preloaded_because"], "it ran under glibc, which shows nothing of its heap");
  EXPECT_EQ(run("--allocator glibc -- sh -c 'echo \"<$LD_PRELOAD>\"'").out, "<>\n");
  EXPECT_NE(run("--allocator bogus -- true").err.find("no allocator known by this name"), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
