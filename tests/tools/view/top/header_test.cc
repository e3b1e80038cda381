#include "tools/view/top/header.h"

#include <gtest/gtest.h>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

Machine MakeMachine() {
  Machine machine;
  machine.memory.total = uint64_t{24} << 30;
  machine.memory.used = uint64_t{15} << 30;
  machine.memory.free = uint64_t{3} << 30;
  machine.load = LoadAverage{2.1, 1.84, 1.2};
  machine.uptime_seconds = 2687400.11;
  machine.pressure = Pressure{12.4, 3.1, 4.0, 1.0};
  machine.tasks = 312;
  machine.hidden = 2;
  machine.heaps = HeapTotals{.processes = 3, .live = int64_t{3} << 30, .cached = 212 << 20, .fragmented = 480 << 20};
  return machine;
}

TEST(TopHeader, NoLineIsWiderThanTheScreen) {
  for (size_t width = 40; width <= 200; ++width) {
    for (const StyledLine& line : TopHeader(MakeMachine(), {}, {.width = width, .glyphs = Glyphs::kUnicode})) {
      EXPECT_LE(DisplayWidth(line), width) << PlainText(line);
    }
  }
}

TEST(TopHeader, SaysWhatMattersFirst) {
  const auto lines = TopHeader(MakeMachine(), {}, {.width = 200});
  ASSERT_EQ(lines.size(), 3u);
  const std::string first = PlainText(lines[0]);
  EXPECT_NE(first.find("tasks 312 (2 hidden)   heaps: 3  live 3.00Gi  cached "
                       "212Mi  frag 480Mi   load 2.10 1.84 1.20   "
                       "up 31 d 2 h"),
            std::string::npos)
      << first;
  EXPECT_NE(PlainText(lines[1]).find("15.0Gi/24.0Gi]   pressure some 12.4 full 4.0"), std::string::npos);
  EXPECT_NE(PlainText(lines[2]).find("no swap]"), std::string::npos);
}

TEST(TopHeader, WhatIsNotKnownIsLeftOut) {
  Machine machine;
  for (const StyledLine& line : TopHeader(machine, {}, {.width = 80})) {
    const std::string text = PlainText(line);
    for (const char* word : {"load", "up ", "pressure"}) EXPECT_EQ(text.find(word), std::string::npos) << text;
  }
}

TEST(TopHeader, HighPressureIsAWarning) {
  const auto lines = TopHeader(MakeMachine(), {}, {.width = 120});
  EXPECT_EQ(lines[1].back().style, Style::kWarning);
}

}  // namespace
}  // namespace glassheap::tools
