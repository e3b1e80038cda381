#include "tools/view/top_screen.h"

#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace glassheap::tools {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

Process MakeProcess(pid_t pid, const char* user, uint64_t mib, const char* command_line) {
  Process process;
  process.pid = pid;
  process.user = user;
  process.name = "name";
  process.command_line = command_line;
  process.rss = mib * kMiB;
  process.swap = 0;
  process.rank = static_cast<uint64_t>(pid) % 7 + 1;
  process.oom_score_adj = 0;
  process.growth_per_minute = 0;
  return process;
}

TopFrame MakeFrame() {
  TopFrame frame;
  frame.machine.realtime_seconds = 0;
  frame.machine.memory.total = 24064 * kMiB;
  frame.machine.memory.used = 15872 * kMiB;
  frame.machine.memory.free = 3000 * kMiB;
  frame.machine.memory.available = 8233 * kMiB;
  frame.machine.memory.swap_total = 4096 * kMiB;
  frame.machine.memory.swap_used = 205 * kMiB;
  frame.machine.load = LoadAverage{2.1, 1.84, 1.2};
  frame.machine.uptime_seconds = 2687400;
  frame.machine.pressure = Pressure{12.4, 3.1, 4.0, 1.0};
  frame.machine.tasks = 312;
  frame.machine.heaps = HeapTotals{
      .processes = 3, .live = 3174 * int64_t{kMiB}, .cached = 212 * int64_t{kMiB}, .fragmented = 480 * int64_t{kMiB}};
  Process redis = MakeProcess(4242, "redis", 4034, "redis-server *:6379");
  redis.growth_per_minute = 18.0 * kMiB;
  redis.growth_sustained = true;
  redis.allocated_per_second = 310.0 * kMiB;
  redis.heap =
      ProcessHeap{.live = 2662 * int64_t{kMiB}, .cached = 412 * int64_t{kMiB}, .fragmented = 490 * int64_t{kMiB}};
  Process postgres = MakeProcess(977, "postgres", 2150, "postgres: checkpointer");
  postgres.swap = 120 * kMiB;
  postgres.oom_score_adj = -900;
  Process hostile = MakeProcess(6001, "averyveryverylongusername", 4, "./evil \x1b[2J\n日本語 \xff");
  Process kernel;
  kernel.pid = 2;
  kernel.user = "root";
  kernel.name = "kthreadd";
  kernel.kernel_thread = true;
  frame.processes = {redis, postgres, hostile, kernel};
  for (pid_t pid = 7000; pid < 7020; ++pid) frame.processes.push_back(MakeProcess(pid, "www", 3, "node worker.js"));
  return frame;
}

TopView MakeView() {
  TopView view;
  view.fields = TopDefaultFields();
  view.sort = *ParseProcessSort("rss");
  return view;
}

class TopScreenTest : public ::testing::Test {
 protected:
  TopScreenTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  std::string Draw(size_t width, size_t height) { return DrawTop(frame_, view_, width, height).Text(); }

  TopFrame frame_ = MakeFrame();
  TopView view_ = MakeView();
};

TEST_F(TopScreenTest, LooksAsItLooked) {
  std::string text;
  for (const auto& [width, height] : {std::pair<size_t, size_t>{80, 24}, {40, 10}, {132, 14}}) {
    text += std::to_string(width) + "x" + std::to_string(height) + "\n" + Draw(width, height);
  }
  view_.glyphs = Glyphs::kUnicode;
  text += "unicode\n" + Draw(100, 8);
  view_.help = true;
  text += "help\n" + Draw(80, 24);
  testing::ExpectGolden("memtop_screens", text);
}

TEST_F(TopScreenTest, FitsEverySize) {
  for (size_t width : {0, 1, 2, 5, 20, 39, 80, 300}) {
    for (size_t height : {0, 1, 2, 4, 5, 6, 24, 100}) {
      const Screen screen = DrawTop(frame_, view_, width, height);
      EXPECT_EQ(screen.width(), width);
      EXPECT_EQ(screen.height(), height);
    }
  }
}

TEST_F(TopScreenTest, NothingOfAProcessMovesTheCursor) {
  const Screen screen = DrawTop(frame_, view_, 132, 24);
  for (size_t row = 0; row < screen.height(); ++row) {
    for (size_t column = 0; column < screen.width(); ++column) {
      for (const char c : screen.At(row, column).text) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    }
  }
}

TEST_F(TopScreenTest, FewerProcessesThanScrolledPast) {
  view_.first_row = 1000;
  EXPECT_NE(Draw(80, 10).find("7019"), std::string::npos);
}

TEST_F(TopScreenTest, NoProcessAtAll) {
  frame_.processes.clear();
  const std::string text = Draw(80, 10);
  EXPECT_NE(text.find("PID"), std::string::npos);
  EXPECT_NE(text.find("q quit"), std::string::npos);
}

TEST_F(TopScreenTest, TheCommandKeepsItsRoom) {
  for (size_t width = 40; width <= 200; ++width) {
    const ProcessFields fields = FieldsThatFit(view_.fields, frame_.processes, width);
    EXPECT_EQ(fields.front()->key, "pid");
    EXPECT_EQ(fields.back()->key, "command_line");
    EXPECT_LE(fields.size(), view_.fields.size());
  }
  EXPECT_EQ(FieldsThatFit(view_.fields, frame_.processes, 200), view_.fields);
}

TEST_F(TopScreenTest, TheSortedColumnStandsOut) {
  const Screen screen = DrawTop(frame_, view_, 132, 10);
  std::string sorted;
  for (size_t column = 0; column < screen.width(); ++column) {
    if (screen.At(3, column).style == Style::kSorted) sorted += screen.At(3, column).text;
  }
  EXPECT_EQ(sorted.substr(sorted.find_first_not_of(' ')), "RSS");
}

class TopKeysTest : public TopScreenTest {
 protected:
  TopAction Press(char character) { return PressKey({Key::kOther, character}, 100, 10, view_); }
  TopAction Press(Key key) { return PressKey({key, '\0'}, 100, 10, view_); }
};

TEST_F(TopKeysTest, QuitAndRefresh) {
  EXPECT_EQ(Press('q'), TopAction::kQuit);
  EXPECT_EQ(Press(' '), TopAction::kRefresh);
  EXPECT_EQ(Press('~'), TopAction::kNone);
}

TEST_F(TopKeysTest, SortsByNeighbourAndByName) {
  EXPECT_EQ(Press('>'), TopAction::kRedraw);
  EXPECT_EQ(view_.sort.column->key, "swap");
  Press('<');
  EXPECT_EQ(view_.sort.column->key, "rss");
  Press('N');
  EXPECT_EQ(view_.sort.column->key, "pid");
  EXPECT_FALSE(view_.sort.largest_first);
  Press('<');
  EXPECT_EQ(view_.sort.column->key, "command_line") << "round the corner";
  Press('O');
  EXPECT_EQ(view_.sort.column->key, "rank");
  Press('M');
  EXPECT_TRUE(view_.sort.largest_first);
  Press('R');
  EXPECT_FALSE(view_.sort.largest_first);
}

TEST_F(TopKeysTest, AFieldThatIsNotShownMayBeSortedBy) {
  view_.sort = *ParseProcessSort("ppid");
  Press('>');
  EXPECT_EQ(view_.sort.column, view_.fields.front());
}

TEST_F(TopKeysTest, ScrollsWithinTheTable) {
  Press(Key::kDown);
  EXPECT_EQ(view_.first_row, 1u);
  Press(Key::kPageDown);
  EXPECT_EQ(view_.first_row, 11u);
  Press(Key::kEnd);
  EXPECT_EQ(view_.first_row, 90u);
  Press(Key::kDown);
  EXPECT_EQ(view_.first_row, 90u);
  Press(Key::kPageUp);
  EXPECT_EQ(view_.first_row, 80u);
  Press(Key::kHome);
  Press(Key::kUp);
  Press(Key::kPageUp);
  EXPECT_EQ(view_.first_row, 0u);
}

TEST_F(TopKeysTest, HelpScrollsAndGoes) {
  Press('h');
  EXPECT_TRUE(view_.help);
  Press(Key::kDown);
  EXPECT_TRUE(view_.help);
  EXPECT_EQ(view_.help_row, 1u);
  EXPECT_EQ(view_.first_row, 0u);
  Press('x');
  EXPECT_FALSE(view_.help);
}

TEST_F(TopScreenTest, TextForAPipeHasAllFieldsAndIsCutOnlyWhenAsked) {
  const std::string text = TopText(frame_, view_, 0);
  EXPECT_NE(text.find("ALLOC/s COMMAND\n"), std::string::npos);
  EXPECT_NE(text.find("./evil \\x1b[2J\\x0a日本語"), std::string::npos);
  const std::string cut = TopText(frame_, view_, 60);
  size_t start = 0;
  while (start < cut.size()) {
    const size_t end = cut.find('\n', start);
    EXPECT_LE(end - start, 60u + 8) << "the wide user name's bytes";
    start = end + 1;
  }
}

}  // namespace
}  // namespace glassheap::tools
