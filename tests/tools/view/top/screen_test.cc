#include "tools/view/top/screen.h"

#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tests/support/top_frame.h"
#include "tools/view/top/bindings.h"
#include "tools/view/top/detail.h"
#include "tools/view/top/table.h"

namespace glassheap::tools {
namespace {

using testing::MakeTopFrame;
using testing::MakeTopState;
using testing::PressOf;

class TopScreenTest : public ::testing::Test {
 protected:
  TopScreenTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }

  Screen DrawNow(ScreenSize size) {
    const TopRows rows = MakeRows(frame_, state_);
    Settle(frame_, rows, size, state_);
    return tools::Draw(frame_, rows, state_, size);
  }
  std::string Text(size_t width, size_t height) { return DrawNow({width, height}).Text(); }

  TopCommand Press(const std::string& name, ScreenSize size = {100, 24}) {
    const TopRows rows = MakeRows(frame_, state_);
    Settle(frame_, rows, size, state_);
    return Handle(PressOf(name), frame_, rows, size, state_);
  }
  TopCommand Mouse(MouseAction action, size_t row, size_t column) {
    const TopRows rows = MakeRows(frame_, state_);
    return Handle(MousePress{action, row, column}, frame_, rows, {100, 24}, state_);
  }

  void ExpectHarmless(const Screen& screen) {
    for (size_t row = 0; row < screen.height(); ++row) {
      for (size_t column = 0; column < screen.width(); ++column) {
        for (const char c : screen.At(row, column).text) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
      }
    }
  }

  TopFrame frame_ = MakeTopFrame();
  TopState state_ = MakeTopState();
};

ProcessDetail MakeDetail(const TopFrame& frame) {
  ProcessDetail detail;
  detail.process = frame.processes[2];
  Heap heap;
  heap.now = HeapTiers{.live_bytes = 600 << 20,
                       .thread_cache_free = 10 << 20,
                       .transfer_cache_free = 5 << 20,
                       .central_free = 200 << 20,
                       .span_tail_waste = 1 << 20,
                       .page_heap_free = 100 << 20,
                       .page_heap_released = 80 << 20,
                       .metadata = 4 << 20,
                       .region_slack = 0,
                       .mapped = 1000 << 20,
                       .residual = 0};
  heap.split_bound = 1 << 20;
  heap.classes = {{64, 1000000, 1200, 1200000, 5000, 1000, 194000}, {1024, 500, 70, 560, 10, 0, 50}};
  heap.threads = {{4242, 8 << 20, 700 << 20}, {4243, 1 << 20, 3 << 20}};
  detail.heap = heap;
  for (int second = 0; second < 300; second += 10) {
    detail.rss.Add(second, 3e6 * second);
    detail.live.Add(second, 1e6 * second);
  }
  return detail;
}

TEST_F(TopScreenTest, LooksAsItLooked) {
  std::string text;
  const auto add = [&](const std::string& title, size_t width, size_t height) {
    text += "== " + title + " " + std::to_string(width) + "x" + std::to_string(height) + "\n" + Text(width, height);
  };
  add("table", 80, 24);
  add("table", 40, 10);
  add("table", 200, 14);
  for (int second = 0; second < 180; second += 5) {
    frame_.history.used.Add(second, 1e8 * second);
    frame_.history.pressure.Add(second, second / 2.0);
    frame_.history.live.Add(second, second);
  }
  state_.glyphs = Glyphs::kUnicode;
  add("unicode", 150, 8);
  Press("t");
  add("tree", 100, 14);
  Press("t");
  Press("H");
  add("threads", 100, 9);
  Press("H");
  Press("g");
  add("by user", 100, 10);
  Press("g");
  Press("g");
  Press("g");
  Press("m");
  add("figures", 100, 6);
  Press("m");
  Press("m");
  Press("a");
  Press("-");
  Press("5");
  Press("0");
  Press("0");
  add("adjust", 100, 14);
  Press("Esc");
  Press("k");
  add("kill", 80, 12);
  Press("Esc");
  Press("f");
  add("columns", 100, 12);
  Press("Esc");
  Press("h");
  add("help", 80, 30);
  Press("x");
  Press("Enter");
  add("inside, not read yet", 80, 6);
  state_.glyphs = Glyphs::kAscii;
  frame_.detail = MakeDetail(frame_);
  for (const DetailPane& pane : DetailPanes()) {
    add(std::string("inside: ") + pane.title, 100, 26);
    Press("Tab");
  }
  testing::ExpectGolden("memtop_screens", text);
}

TEST_F(TopScreenTest, EveryViewFitsEverySize) {
  frame_.detail = MakeDetail(frame_);
  for (const char* view : {"", "h", "k", "f", "a", "s", "/", "Enter", "t", "g", "H"}) {
    state_ = MakeTopState();
    if (*view != '\0') Press(view);
    for (const size_t width : {0, 1, 2, 5, 20, 39, 80, 300}) {
      for (const size_t height : {0, 1, 2, 4, 5, 6, 24, 100}) {
        const Screen screen = DrawNow({width, height});
        EXPECT_EQ(screen.width(), width);
        EXPECT_EQ(screen.height(), height);
      }
    }
  }
}

TEST_F(TopScreenTest, NothingOfAProcessMovesTheCursor) {
  frame_.detail = MakeDetail(frame_);
  frame_.detail->process = frame_.processes[3];
  for (const char* view : {"", "k", "a", "Enter", "t", "g", "H", "c"}) {
    state_ = MakeTopState();
    state_.settings.fields = *ParseProcessFields("pid,user,cgroup,command,command_line");
    Press("6");
    Press("0");
    Press("Enter");  // to the hostile one
    if (*view != '\0') Press(view);
    ExpectHarmless(DrawNow({132, 30}));
  }
  state_ = MakeTopState();
  state_.message = "\x1b[2J\a";
  state_.text_filter = "\x1b[2J";
  ExpectHarmless(DrawNow({132, 30}));
}

TEST_F(TopScreenTest, NoProcessAtAll) {
  frame_.processes.clear();
  EXPECT_NE(Text(80, 10).find("no process can be seen"), std::string::npos);
  for (const KeyBinding& binding : KeyBindings()) {
    state_ = MakeTopState();
    const std::string keys = binding.keys;
    Press(keys.substr(0, keys.find(' ')));
    EXPECT_FALSE(Text(80, 10).empty());
  }
}

TEST_F(TopScreenTest, SaysWhenTheFiltersLeaveNothing) {
  Press("F4");
  for (const char* key : {"z", "z", "z", "Enter"}) Press(key);
  EXPECT_NE(Text(80, 10).find("no process passes the filters"), std::string::npos);
  Press("=");
  EXPECT_NE(Text(80, 10).find("redis-serv"), std::string::npos);
}

TEST_F(TopScreenTest, TheCommandKeepsItsRoom) {
  const TopRows rows = MakeRows(frame_, state_);
  const ProcessFields all = TopDefaultFields();
  for (size_t width = 40; width <= 200; ++width) {
    const ProcessFields fields = FieldsThatFit(all, rows.rows, ByteScale::kHuman, width);
    EXPECT_EQ(fields.front()->key, "pid");
    EXPECT_EQ(fields.back()->key, "command_line");
    EXPECT_LE(fields.size(), all.size());
  }
  EXPECT_EQ(FieldsThatFit(all, rows.rows, ByteScale::kHuman, 200), all);
}

TEST_F(TopScreenTest, TheSortedColumnAndTheSelectedRowStandOut) {
  const Screen screen = DrawNow({132, 10});
  std::string sorted;
  for (size_t column = 0; column < screen.width(); ++column) {
    if (screen.At(3, column).style == Style::kSorted) sorted += screen.At(3, column).text;
  }
  EXPECT_EQ(sorted.substr(sorted.find_first_not_of(' ')), "RSS");
  EXPECT_EQ(screen.At(4, 0).style, Style::kSelected);
  EXPECT_NE(screen.At(5, 0).style, Style::kSelected);
}

TEST_F(TopScreenTest, ScrollsWithTheSelection) {
  Text(80, 10);
  for (int i = 0; i < 6; ++i) Press("Down", {80, 10});
  Text(80, 10);
  EXPECT_EQ(state_.selected, 6u);
  EXPECT_EQ(state_.first_row, 2u);
  Press("End", {80, 10});
  Text(80, 10);
  EXPECT_EQ(state_.selected, 23u);
  EXPECT_EQ(state_.first_row, 19u);
  frame_.processes.resize(3);
  Text(80, 10);
  EXPECT_EQ(state_.selected, 2u) << "fewer processes than scrolled past";
  EXPECT_EQ(state_.first_row, 0u);
}

TEST_F(TopScreenTest, FollowsAProcessThroughAnotherOrder) {
  Press("4");
  Press("2");
  Press("Enter");
  Press("F");
  Press("R");
  Text(100, 24);
  EXPECT_EQ(MakeRows(frame_, state_).rows[state_.selected].process->pid, 4242);
  Press("Down");
  EXPECT_FALSE(state_.followed) << "moving away ends it";
}

TEST_F(TopScreenTest, TheMouseSelectsSortsScrollsAndOpens) {
  Mouse(MouseAction::kClick, 5, 10);
  EXPECT_EQ(state_.selected, 1u);
  EXPECT_EQ(Mouse(MouseAction::kClick, 3, 1).kind, TopCommand::Kind::kRefresh);
  EXPECT_EQ(state_.settings.sort.column->key, "pid");
  EXPECT_FALSE(state_.settings.sort.largest_first);
  Mouse(MouseAction::kClick, 3, 1);
  EXPECT_TRUE(state_.settings.sort.largest_first) << "again: the other way";
  Mouse(MouseAction::kWheelDown, 10, 1);
  EXPECT_EQ(state_.selected, 4u);
  Mouse(MouseAction::kDoubleClick, 4, 1);
  EXPECT_TRUE(state_.detail);
  EXPECT_EQ(Mouse(MouseAction::kClick, 5, 10).kind, TopCommand::Kind::kNone) << "the table is not there";
  state_.detail.reset();
  EXPECT_EQ(Mouse(MouseAction::kClick, 99, 10).kind, TopCommand::Kind::kNone);
}

TEST_F(TopScreenTest, TheDetailOfAProcessThatHasEnded) {
  frame_.detail = MakeDetail(frame_);
  frame_.detail->ended = true;
  Press("Enter");
  const std::string text = Text(100, 24);
  EXPECT_NE(text.find("it has ended: these are its last figures"), std::string::npos);
  EXPECT_NE(text.find("live"), std::string::npos);
  Press("M");
  EXPECT_TRUE(state_.message_is_error) << "a key of the table";
  Press("Esc");
  EXPECT_FALSE(state_.detail);
}

TEST_F(TopScreenTest, ReadsOnlyWhatIsShownSortedOrFilteredBy) {
  state_.settings.fields = *ParseProcessFields("pid,rss");
  EXPECT_EQ(NeedsOf(state_), 0u);
  state_.settings.sort = *ParseProcessSort("cpu_percent");
  EXPECT_EQ(NeedsOf(state_), unsigned{kNeedsStat});
  state_.filters = {*ParseProcessFilter("pss>1M")};
  EXPECT_EQ(NeedsOf(state_), unsigned{kNeedsStat | kNeedsPss});
  state_.settings.group = GroupBy::kCgroup;
  state_.overlay = OomDialog{};
  EXPECT_EQ(NeedsOf(state_), unsigned{kNeedsStat | kNeedsPss | kNeedsCgroup | kNeedsOom});
}

TEST_F(TopScreenTest, TextForAPipeHasAllFieldsAndIsCutOnlyWhenAsked) {
  const TopRows rows = MakeRows(frame_, state_);
  const std::string text = TopText(frame_, rows, state_, 0);
  EXPECT_NE(text.find("ALLOC/s COMMAND\n"), std::string::npos);
  EXPECT_NE(text.find("./evil \\x1b[2J\\x0a日本語"), std::string::npos);
  const std::string cut = TopText(frame_, rows, state_, 60);
  size_t start = 0;
  while (start < cut.size()) {
    const size_t end = cut.find('\n', start);
    EXPECT_LE(end - start, 60u + 8) << "the wide user name's bytes";
    start = end + 1;
  }
}

TEST_F(TopScreenTest, CsvQuotesWhatNeedsIt) {
  frame_.processes = {testing::MakeTopProcess(7, "www", 1, "a \"b\", c"), frame_.processes[0]};
  const ProcessFields fields = *ParseProcessFields("pid,rss,command_line");
  EXPECT_EQ(TableCsvHeading(fields), "time,pid,rss,command_line\r\n");
  EXPECT_EQ(TableCsv(MakeRows(frame_, state_), fields, 1.5), "1.500,7,1048576,\"a \"\"b\"\", c\"\r\n1.500,2,,\r\n");
}

}  // namespace
}  // namespace glassheap::tools
