#include "tools/view/json_recording.h"

#include <gtest/gtest.h>

#include "tests/support/top_frame.h"
#include "tools/view/json_processes.h"

namespace glassheap::tools {
namespace {

// As a table shows it: every column of every process.
std::string Picture(const std::vector<Process>& processes) {
  std::string text;
  for (const Process& process : processes) {
    for (const ProcessColumn& column : ProcessColumns()) text += ProcessText(column, process) + " ";
    text += process.growth_sustained ? "^" : "";
    text += process.kernel_thread ? "k" : "";
    text += " " + std::to_string(process.incarnation) + "\n";
  }
  return text;
}

std::vector<Process> Without(std::vector<Process> processes, pid_t pid) {
  std::erase_if(processes, [&](const Process& process) { return process.pid == pid; });
  return processes;
}

TEST(Recording, AFrameComesBackAsItWas) {
  TopFrame frame = testing::MakeTopFrame();
  frame.processes = Without(frame.processes, 6001);  // its broken UTF-8 does not survive JSON
  FrameEncoder encoder;
  FrameDecoder decoder;
  const std::string line = encoder.Encode(frame.machine, frame.processes);
  EXPECT_TRUE(line.starts_with(kWholeFrame));
  const auto back = decoder.Decode(line);
  ASSERT_TRUE(back);
  EXPECT_EQ(Picture(back->processes), Picture(frame.processes));
  EXPECT_EQ(back->machine.memory.used, frame.machine.memory.used);
  EXPECT_EQ(back->machine.memory.swap_used, frame.machine.memory.swap_used);
  EXPECT_EQ(back->machine.heaps.live, frame.machine.heaps.live);
  EXPECT_EQ(back->machine.pressure->some_avg10, 12.4);
  EXPECT_EQ(back->machine.tasks, 312u);
}

TEST(Recording, LaterFramesHoldWhatHasChanged) {
  TopFrame frame = testing::MakeTopFrame();
  frame.processes = Without(frame.processes, 6001);
  FrameEncoder encoder;
  FrameDecoder decoder;
  const std::string first = encoder.Encode(frame.machine, frame.processes);
  ASSERT_TRUE(decoder.Decode(first));
  frame.processes = Without(frame.processes, 977);
  frame.processes[1].rss = 5 << 20;
  frame.processes[1].heap.reset();
  frame.processes[1].growth_sustained = false;
  frame.processes[2].incarnation += 7;  // its pid is in use again
  frame.processes[2].growth_per_minute.reset();
  frame.processes.push_back(testing::MakeTopProcess(8000, "new", 1, "new"));
  const std::string second = encoder.Encode(frame.machine, frame.processes);
  EXPECT_TRUE(second.starts_with(kChangedFrame));
  EXPECT_LT(second.size(), first.size() / 2);
  const auto back = decoder.Decode(second);
  ASSERT_TRUE(back);
  EXPECT_EQ(Picture(back->processes), Picture(frame.processes));
  const std::string third = encoder.Encode(frame.machine, frame.processes);
  EXPECT_NE(third.find("\"changed\":[],\"gone\":[]"), std::string::npos);
}

TEST(Recording, AWholeFrameEveryMinute) {
  const TopFrame frame = testing::MakeTopFrame();
  FrameEncoder encoder;
  int whole = 0;
  for (int i = 0; i < 121; ++i) whole += encoder.Encode(frame.machine, frame.processes).starts_with(kWholeFrame);
  EXPECT_EQ(whole, 3);
}

TEST(Recording, TakesTheOutputOfJson) {
  const TopFrame frame = testing::MakeTopFrame();
  const auto back = FrameDecoder().Decode(
      TopJsonLine(frame.machine, {&frame.processes[2]}, *ParseProcessFields("pid,rss,heap_live")));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->processes.size(), 1u);
  EXPECT_EQ(back->processes[0].rss, frame.processes[2].rss);
  EXPECT_EQ(back->processes[0].heap->live, frame.processes[2].heap->live);
}

TEST(Recording, NonsenseIsAnErrorAndNotACrash) {
  for (const char* line : {"", "x", "[]", "{}", "null", "{\"schema\":\"glassheap.top/1\"}", "{\"schema\":7}",
                           "{\"schema\":\"glassheap.top/1\",\"processes\":7}"}) {
    EXPECT_FALSE(FrameDecoder().Decode(line)) << line;
  }
  const auto odd = FrameDecoder().Decode(
      R"({"schema":"glassheap.top/1","time":"x","system":[1],"processes":[7,{},{"pid":"x"},{"pid":-5,"rss":"big"},)"
      R"({"pid":99999999999999999999,"rss":1e300},{"pid":7,"rss":-1,"state":"","user":7,"heap_live":"x","rank":1.5}],)"
      R"("gone":{"a":1}})");
  ASSERT_TRUE(odd);
  for (const Process& process : odd->processes) {
    for (const ProcessColumn& column : ProcessColumns()) EXPECT_FALSE(ProcessText(column, process).empty());
  }
}

}  // namespace
}  // namespace glassheap::tools
