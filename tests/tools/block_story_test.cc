// What a newcomer sees of one malloc of 5 bytes: block_story.c on the block heap, step by step, in the words of
// `memstat heap --blocks`.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/golden.h"
#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using testing::Background;
using testing::ExpectGolden;
using testing::Program;
using testing::Shell;
using testing::ShellResult;

constexpr int kSteps = 6;

std::vector<std::string> OnTheBlockHeap(const std::string& program) {
  // pages: nothing else lies at the break; the names of other libraries must not change the picture.
  return {"/usr/bin/env", "GLASSHEAP_BLOCK_GROW=pages", "LD_PRELOAD=" + Program("allocator/libglassheap_block.so"),
          program};
}

std::string WithoutPid(std::string text, pid_t pid) {
  const std::string number = "(" + std::to_string(pid) + ")";
  const size_t at = text.find(number);
  return at == std::string::npos ? text : text.replace(at, number.size(), "(PID)");
}

TEST(BlockStory, OneMallocOfFiveBytes) {
  Background story(OnTheBlockHeap(Program("tests/tools/block_story")));
  std::string text;
  for (int step = 0; step < kSteps; ++step) {
    const std::string line = story.ReadLine();
    ASSERT_NE(line, "");
    const ShellResult shown =
        Shell(Program("tools/memstat") + " heap --blocks --relative " + std::to_string(story.pid()));
    ASSERT_EQ(shown.status, 0) << shown.err;
    text += line + "\n" + WithoutPid(shown.out, story.pid()) + "\n";
    ::kill(story.pid(), SIGUSR1);
  }
  ExpectGolden("block_story", text);
}

TEST(BlockStory, JsonAndTheSumThatCloses) {
  Background story(OnTheBlockHeap(Program("tests/tools/block_story")));
  ASSERT_NE(story.ReadLine(), "");
  const std::string pid = std::to_string(story.pid());
  const auto blocks = nlohmann::json::parse(Shell(Program("tools/memstat") + " heap --blocks --json " + pid).out);
  EXPECT_EQ(blocks["schema"], "glassheap.blocks/1");
  EXPECT_EQ(blocks["complete"], true);
  EXPECT_EQ(blocks["moved"], false);
  const auto heap = nlohmann::json::parse(Shell(Program("tools/memstat") + " heap --json " + pid).out)["heap"];
  EXPECT_EQ(heap["residual"], 0);
  EXPECT_EQ(heap["live_bytes"], blocks["asked_bytes"].get<int>() + blocks["padding_bytes"].get<int>());
  EXPECT_EQ(heap["page_heap_free"], blocks["free_bytes"]);
  EXPECT_EQ(heap["metadata"], blocks["header_bytes"]);
  const std::string text = Shell(Program("tools/memstat") + " heap " + pid).out;
  EXPECT_NE(text.find("RSS cannot be shared out: this heap has no address range of its own"), std::string::npos)
      << text;
}

TEST(BlockStory, AnotherHeapHasNoBlockList) {
  Background other({"/usr/bin/env", "LD_PRELOAD=" + Program("allocator/libglassheap.so"), "/bin/sh", "-c",
                    "echo ready; kill -STOP $$"});
  ASSERT_EQ(other.ReadLine(), "ready");
  const std::string pid = std::to_string(other.pid());
  const ShellResult result = Shell(Program("tools/memstat") + " heap --blocks " + pid);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err,
            "memstat: pid " + pid +
                ": --blocks: its heap is not the block heap; start it with `memstat run --allocator block -- "
                "COMMAND`\n");
}

}  // namespace
}  // namespace glassheap::tools
