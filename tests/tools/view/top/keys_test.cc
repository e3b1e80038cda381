// Keys in, state and commands out.

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tests/support/top_frame.h"
#include "tools/view/top/bindings.h"
#include "tools/view/top/prompt.h"
#include "tools/view/top/screen.h"

namespace glassheap::tools {
namespace {

using testing::PressOf;
using Kind = TopCommand::Kind;

class TopKeysTest : public ::testing::Test {
 protected:
  TopCommand Press(const std::string& name) {
    const TopRows rows = MakeRows(frame_, state_);
    Settle(frame_, rows, size_, state_);
    return Handle(PressOf(name), frame_, rows, size_, state_);
  }
  void Type(const std::string& text) {
    for (const char c : text) Press(c == ' ' ? "Space" : std::string(1, c));
  }
  size_t Count() { return MakeRows(frame_, state_).rows.size(); }
  pid_t SelectedPid() {
    const TopRows rows = MakeRows(frame_, state_);
    Settle(frame_, rows, size_, state_);
    return rows.rows[state_.selected].process->pid;
  }
  std::string SortKey() { return std::string(state_.settings.sort.column->key); }
  TopSettings& settings() { return state_.settings; }

  ScreenSize size_ = {100, 24};
  TopFrame frame_ = testing::MakeTopFrame();
  TopState state_ = testing::MakeTopState();
};

TEST(KeyBindings, NoKeyMeansTwoThings) {
  std::set<std::string> seen;
  for (const KeyBinding& binding : KeyBindings()) {
    std::istringstream keys(binding.keys);
    for (std::string key; keys >> key;) {
      EXPECT_TRUE(seen.insert(key).second) << key;
      const KeyPress press = PressOf(key);
      EXPECT_EQ(NameOf(press), key);
      EXPECT_EQ(FindBinding(press), &binding) << key;
    }
    EXPECT_LE(std::string(binding.help).size(), 80u) << binding.keys;
    EXPECT_LE(std::string(binding.keys).size(), 11u) << binding.keys << ": its column of the help";
  }
}

TEST(KeyBindings, FingersOfTopAndHtopFindTheirs) {
  for (const char* key :
       {"h",  "?", "q", "M", "P", "N", "T", "<", ">", "R", "f", "L", "/", "&", "o", "O",     "=",
        "^O", "u", "U", "V", "v", "H", "k", "d", "s", "c", "e", "E", "m", "z", "W", "Space", "Enter"}) {
    EXPECT_NE(FindBinding(PressOf(key)), nullptr) << "top: " << key;
  }
  for (const char* key : {"F1", "F2", "F3", "F4", "F5", "F6", "F9", "F10", "\\", "t", "I",
                          "C",  "K",  "F",  ".",  ",",  "+",  "-",  "Z",   "p",  "u"}) {
    EXPECT_NE(FindBinding(PressOf(key)), nullptr) << "htop: " << key;
  }
}

TEST_F(TopKeysTest, QuitAndRefresh) {
  EXPECT_EQ(Press("q").kind, Kind::kQuit);
  EXPECT_EQ(Press("F10").kind, Kind::kQuit);
  EXPECT_EQ(Press("Space").kind, Kind::kRefresh);
  EXPECT_EQ(Press("W").kind, Kind::kSave);
  Press("~");
  EXPECT_EQ(state_.message, "~: not a key here; h lists them");
  Press("Up");
  EXPECT_EQ(state_.message, "") << "until the next key";
}

TEST_F(TopKeysTest, SortsByNeighbourAndByName) {
  EXPECT_EQ(Press(">").kind, Kind::kRefresh) << "the field may not have been read";
  EXPECT_EQ(SortKey(), "swap");
  Press("<");
  EXPECT_EQ(SortKey(), "rss");
  Press("N");
  EXPECT_EQ(SortKey(), "pid");
  EXPECT_FALSE(settings().sort.largest_first);
  Press("<");
  EXPECT_EQ(SortKey(), "command_line") << "round the corner";
  Press("D");
  EXPECT_EQ(SortKey(), "rank");
  Press("G");
  EXPECT_EQ(SortKey(), "growth_per_minute");
  Press("P");
  EXPECT_EQ(SortKey(), "cpu_percent");
  Press("T");
  EXPECT_EQ(SortKey(), "cpu_seconds");
  Press(">");
  EXPECT_EQ(SortKey(), "pid") << "from a field that is not shown";
  Press("M");
  EXPECT_TRUE(settings().sort.largest_first);
  Press("R");
  EXPECT_FALSE(settings().sort.largest_first);
  Press("I");
  EXPECT_TRUE(settings().sort.largest_first);
}

TEST_F(TopKeysTest, ChoosesTheSortFromAList) {
  Press("F6");
  Press("Home");
  EXPECT_EQ(Press("Enter").kind, Kind::kRefresh);
  EXPECT_EQ(SortKey(), "pid");
  Press("s");
  Press("End");
  Press("Esc");
  EXPECT_EQ(SortKey(), "pid");
}

TEST_F(TopKeysTest, MovesTheSelection) {
  Press("Down");
  Press("Down");
  Press("^P");
  EXPECT_EQ(state_.selected, 1u);
  Press("PgDn");
  EXPECT_EQ(state_.selected, 20u);
  Press("^E");
  EXPECT_EQ(state_.selected, 23u);
  Press("Down");
  EXPECT_EQ(state_.selected, 23u);
  Press("^B");
  EXPECT_EQ(state_.selected, 4u);
  Press("Home");
  Press("Up");
  EXPECT_EQ(state_.selected, 0u);
}

TEST_F(TopKeysTest, ScrollsColumns) {
  Press("Right");
  Press("Right");
  EXPECT_EQ(state_.first_field, 2u);
  Press("Left");
  EXPECT_EQ(state_.first_field, 1u);
  for (int i = 0; i < 50; ++i) Press("Right");
  EXPECT_LT(state_.first_field, settings().fields.size());
  Press("Esc");
  EXPECT_EQ(state_.first_field, 0u);
}

TEST_F(TopKeysTest, SearchesWhileItIsTyped) {
  Press("/");
  Type("NODE");
  EXPECT_EQ(SelectedPid(), 7000);
  Press("Enter");
  Press("n");
  EXPECT_EQ(SelectedPid(), 7001);
  Press("L");
  Type("nowhere");
  Press("Enter");
  EXPECT_TRUE(state_.message_is_error);
  EXPECT_EQ(SelectedPid(), 7001);
}

TEST_F(TopKeysTest, FiltersByText) {
  Press("F4");
  Type("redis|postgres");
  EXPECT_EQ(Count(), 2u) << "while it is typed";
  Press("Enter");
  EXPECT_EQ(Count(), 2u);
  Press("\\");
  Press("^U");
  EXPECT_EQ(Count(), 24u);
  Press("Esc");
}

TEST_F(TopKeysTest, FiltersByFields) {
  Press("o");
  Type("RES>2G");
  EXPECT_EQ(Press("Enter").kind, Kind::kRefresh);
  EXPECT_EQ(Count(), 2u);
  Press("O");
  Type("user=redis");
  Press("Enter");
  EXPECT_EQ(Count(), 1u);
  Press("^O");
  Press("Down");
  Press("Enter");
  EXPECT_EQ(Count(), 2u) << "one removed";
  Press("=");
  EXPECT_EQ(Count(), 24u);
  Press("o");
  Type("nope>1");
  Press("Enter");
  EXPECT_EQ(state_.message, "nope: no such field; --fields help lists them");
}

TEST_F(TopKeysTest, OneUsersProcesses) {
  Press("u");
  Type("www");
  Press("Enter");
  EXPECT_EQ(Count(), 20u);
  Press("U");
  Press("^U");
  Type("nobody");
  Press("Enter");
  EXPECT_TRUE(state_.message_is_error);
  EXPECT_EQ(Count(), 20u);
  Press("u");
  Press("^U");
  Press("Enter");
  EXPECT_EQ(Count(), 24u);
}

TEST_F(TopKeysTest, DigitsGoToAPid) {
  Press("9");
  EXPECT_EQ(SelectedPid(), 977);
  Press("Backspace");
  Type("7010");
  Press("Enter");
  EXPECT_EQ(SelectedPid(), 7010);
}

TEST_F(TopKeysTest, TheTreeCollapsesAndExpands) {
  Press("t");
  Press("/");
  Type("node");
  Press("Enter");
  EXPECT_EQ(SelectedPid(), 7000);
  Press("-");
  EXPECT_EQ(Count(), 5u);
  Press("+");
  EXPECT_EQ(Count(), 24u);
  Press("v");
  EXPECT_EQ(Count(), 5u);
  Press("F5");
  EXPECT_EQ(Count(), 24u) << "no tree";
  Press("-");
  EXPECT_TRUE(state_.message_is_error);
}

TEST_F(TopKeysTest, ThreadsAndKernelThreads) {
  EXPECT_EQ(Press("H").kind, Kind::kRefresh);
  EXPECT_EQ(Count(), 25u);
  Press("H");
  Press("K");
  EXPECT_EQ(Count(), 23u);
}

TEST_F(TopKeysTest, GroupsGoRound) {
  Press("g");
  EXPECT_EQ(Count(), 5u) << "users";
  EXPECT_FALSE(SelectedPid()) << "a group has no pid";
  Press("k");
  EXPECT_TRUE(state_.message_is_error) << "and cannot be killed";
  Press("g");
  EXPECT_EQ(Count(), 5u) << "commands";
  Press("g");
  EXPECT_EQ(Count(), 2u) << "control groups";
  Press("g");
  EXPECT_EQ(Count(), 24u);
}

TEST_F(TopKeysTest, ColumnsAreChosenAndOrdered) {
  Press("f");
  Press("Right");
  EXPECT_EQ(settings().fields[1]->key, "pid");
  Press("Left");
  EXPECT_EQ(settings().fields[0]->key, "pid");
  Press("Space");
  EXPECT_EQ(settings().fields[0]->key, "user") << "pid is no longer shown";
  EXPECT_EQ(settings().fields.size(), 12u);
  Press("d");
  EXPECT_EQ(settings().fields[11]->key, "pid") << "before the last one";
  Press("s");
  EXPECT_EQ(SortKey(), "pid");
  EXPECT_EQ(Press("W").kind, Kind::kSave);
  EXPECT_EQ(Press("Enter").kind, Kind::kRefresh);
  Press("F2");
  for (int i = 0; i < 100; ++i) {
    Press("Home");
    Press("Space");
  }
  EXPECT_GE(settings().fields.size(), 1u) << "the last one stays";
}

TEST_F(TopKeysTest, Looks) {
  Press("e");
  EXPECT_EQ(settings().scale, ByteScale::kKi);
  Press("m");
  EXPECT_EQ(settings().meters, MeterStyle::kFigures);
  Press("z");
  EXPECT_FALSE(settings().color);
  Press("c");
  EXPECT_EQ(settings().fields.back()->key, "command");
  Press("c");
  EXPECT_EQ(settings().fields.back()->key, "command_line");
}

TEST_F(TopKeysTest, PauseAndDelay) {
  Press("p");
  EXPECT_TRUE(state_.paused);
  EXPECT_EQ(Press("Z").kind, Kind::kRefresh);
  EXPECT_FALSE(state_.paused);
  Press("d");
  Type("0,5");
  Press("Enter");
  EXPECT_EQ(settings().delay_seconds, 0.5);
  Press("d");
  Type("x");
  Press("Enter");
  EXPECT_EQ(state_.message, "x: not a positive number of seconds");
  EXPECT_EQ(settings().delay_seconds, 0.5);
}

TEST_F(TopKeysTest, SendsAChosenSignalToWhoWasSelectedThen) {
  Press("k");
  frame_.processes.erase(frame_.processes.begin() + 2);  // it ends, and another is in its row
  const TopCommand command = Press("Enter");
  EXPECT_EQ(command.kind, Kind::kSignal);
  EXPECT_EQ(command.target.pid, 4242);
  EXPECT_EQ(command.target.incarnation, 5242u);
  EXPECT_EQ(command.number, 15);
  Press("F9");
  Press("9");
  EXPECT_EQ(Press("Enter").number, 9);
  Press("k");
  Press("Home");
  EXPECT_EQ(Press("Enter").number, 1);
  Press("k");
  EXPECT_EQ(Press("Esc").kind, Kind::kRedraw);
}

TEST_F(TopKeysTest, ASignalThatIsNone) {
  Press("k");
  Type("99");
  EXPECT_EQ(Press("Enter").kind, Kind::kRedraw);
  EXPECT_EQ(state_.message, "99: not a signal");
}

TEST_F(TopKeysTest, AdjustsOnBothScales) {
  EXPECT_EQ(Press("a").kind, Kind::kRefresh) << "for the ranks";
  Type("-500");
  TopCommand command = Press("Enter");
  EXPECT_EQ(command.kind, Kind::kSetOom);
  EXPECT_EQ(command.target.pid, 4242);
  EXPECT_EQ(command.number, -500);
  Press("a");
  Press("Tab");
  Type("-17");
  EXPECT_EQ(Press("Enter").number, -1000);
  Press("a");
  Press("PgUp");
  Press("Up");
  EXPECT_EQ(Press("Enter").number, 101);
  Press("a");
  EXPECT_EQ(Press("Enter").kind, Kind::kRedraw) << "nothing was typed";
  Press("a");
  Type("1001");
  EXPECT_EQ(Press("Enter").kind, Kind::kRedraw) << "out of range";
  EXPECT_TRUE(std::holds_alternative<OomDialog>(state_.overlay)) << "to mend it";
  Press("Esc");
}

TEST_F(TopKeysTest, RecordsAndMeasures) {
  Press("r");
  EXPECT_EQ(Press("Enter").text, "memtop.jsonl");
  frame_.recording = "memtop.jsonl";
  EXPECT_EQ(Press("r").kind, Kind::kRecord);
  const TopCommand command = Press("S");
  EXPECT_EQ(command.kind, Kind::kMeasure);
  EXPECT_EQ(command.target.pid, 4242);
}

TEST_F(TopKeysTest, SeeksInAReplayOnly) {
  Press("[");
  EXPECT_TRUE(state_.message_is_error);
  frame_.replay = ReplayPlace{5, 10, true};
  EXPECT_EQ(Press("[").number, -1);
  EXPECT_EQ(Press("]").number, 1);
  EXPECT_EQ(Press("{").number, -60);
  EXPECT_EQ(Press("}").number, 60);
  for (const char* key : {"k", "a", "r", "S"}) {
    EXPECT_EQ(Press(key).kind, Kind::kRedraw) << key;
    EXPECT_TRUE(state_.message_is_error) << key;
  }
}

TEST_F(TopKeysTest, HelpScrollsAndGoes) {
  Press("h");
  Press("Down");
  EXPECT_EQ(std::get<HelpPage>(state_.overlay).row, 1u);
  Press("x");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(state_.overlay));
  EXPECT_EQ(state_.selected, 0u);
}

TEST_F(TopKeysTest, PanesOfTheInside) {
  EXPECT_EQ(Press("Enter").kind, Kind::kRefresh);
  EXPECT_EQ(state_.detail->target.pid, 4242);
  Press("Tab");
  EXPECT_EQ(state_.detail->pane, 1u);
  Press("S-Tab");
  Press("Left");
  EXPECT_GT(state_.detail->pane, 1u) << "round the corner";
  Press("3");
  EXPECT_EQ(state_.detail->pane, 2u);
  Press("k");
  EXPECT_EQ(std::get<Menu>(state_.overlay).target.pid, 4242);
  Press("Esc");
  Press("Esc");
  EXPECT_FALSE(state_.detail);
}

TEST(EditLine, KnowsUtf8) {
  std::string typed;
  EXPECT_TRUE(EditLine({Key::kCharacter, "名"}, typed));
  EXPECT_TRUE(EditLine({Key::kCharacter, "x"}, typed));
  EXPECT_TRUE(EditLine({Key::kBackspace}, typed));
  EXPECT_EQ(typed, "名");
  EXPECT_TRUE(EditLine({Key::kBackspace}, typed));
  EXPECT_TRUE(EditLine({Key::kBackspace}, typed));
  EXPECT_EQ(typed, "");
  typed = "one two ";
  EXPECT_TRUE(EditLine(PressOf("^W"), typed));
  EXPECT_EQ(typed, "one ");
  EXPECT_FALSE(EditLine(PressOf("F5"), typed));
}

TEST(ParseDelay, PointOrComma) {
  EXPECT_EQ(*ParseDelay("1.5"), 1.5);
  EXPECT_EQ(*ParseDelay("1,5"), 1.5);
  EXPECT_EQ(*ParseDelay("0.001"), 0.05) << "not faster than this";
  for (const char* wrong : {"", "0", "-1", "x", "nan", "inf", "1s"}) EXPECT_FALSE(ParseDelay(wrong)) << wrong;
}

}  // namespace
}  // namespace glassheap::tools
