// memtop in a real terminal (tmux): every key of the help, every size, and what its user does to processes.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/fake_region.h"
#include "tests/support/fake_root.h"
#include "tests/support/golden.h"
#include "tests/support/idle_process.h"
#include "tests/support/shell.h"
#include "tests/support/tmux.h"
#include "tools/view/top/bindings.h"

namespace glassheap::tools {
namespace {

using testing::IdleProcess;
using testing::Tmux;

constexpr char kServers[] = " --root testdata/hosts/servers -d 1000";

// A home with a short name: the screen cuts long ones, and Bazel's are 140 characters.
class Home {
 public:
  Home() {
    if (::mkdtemp(path_) == nullptr) std::abort();
  }
  ~Home() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  std::string path() const { return path_; }
  std::string PathOf(const std::string& name) const { return path() + "/" + name; }

 private:
  char path_[24] = "/tmp/memtop_home.XXXXXX";
};

// With a folder of its own for what it saves, whatever the user of the test has set.
template <typename Folder>
std::string Memtop(const Folder& home, const std::string& arguments, const std::string& environment = "") {
  return "cd " + std::filesystem::current_path().string() + " && env -u NO_COLOR HOME=" + home.path() +
         " XDG_CONFIG_HOME=" + home.path() + " TZ=UTC " + environment + " " + testing::Program("tools/memtop") + " " +
         arguments;
}

std::string WithoutTheTime(const std::string& text) {
  return std::regex_replace(text, std::regex("memtop ..:..:.."), "memtop HH:MM:SS");
}

// One key: what is pressed before it and what that shows, what is pressed after it, what the screen shows then, and what
// leads back. First(n) is the process in the first row.
struct KeyRow {
  std::string key;
  std::string shows;
  std::string back = "";
  std::string before = "";
  std::string before_shows = "";
  std::string after = "";
};

std::string First(const std::string& pid) { return "(COMMAND|NAME) *\n *" + pid + " "; }

const KeyRow kRows[] = {
    {"F1", "memtop: keys and columns", "x"},
    {"F3", "Search: _", "Esc"},
    {"n", "Search: _", "Esc"},
    {"F4", "Only with the text: _", "Esc"},
    {"o", "Only with FIELD>VALUE .*: _", "Esc"},
    {"^O", "no FIELD filters"},
    {"=", First("4242"), "", "u w w w Enter", "\\[user www\\]"},
    {"u", "Only of the user", "Esc"},
    {"<", First("5121"), "M"},
    {">", First("977"), "M"},
    {"F6", "Sort by   \\(Enter", "Esc"},
    {"R", First("600[12]"), "R"},
    {"M", First("4242"), "", "N", First("1")},
    {"D", First("5121"), "M"},
    {"G", First("1"), "M"},
    {"P", First("1"), "M"},
    {"T", First("1"), "M"},
    {"N", First("1"), "M"},
    {"Enter", "1 memory .* 2 resident", "Esc"},
    {"a", "OOM adjustment of pid 4242", "Esc"},
    {"F9", "Signal to pid 4242 redis-server", "Esc"},
    {"F5", "├─", "t"},
    {"-", "\\+ /sbin/init", "+ t", "t / i n i t Enter", "├─"},
    {"+", "!\\+ /sbin/init", "t", "t / i n i t Enter -", "\\+ /sbin/init"},
    {"g", "by user", "g g g"},
    {"H", "bio_close_file", "H"},
    {"K", "!kthreadd", "K"},
    {"F", "following pid 4242", "F", "M 4 2 4 2 Enter", First("4242")},
    {"S", "PSS 3.93Gi, USS 3.92Gi", "", "M 4 2 4 2 Enter", First("4242")},
    {"b", "RELEASED", "b"},
    {"F2", "Columns   \\(Space", "Esc"},
    {"c", "ALLOC/s NAME", "c"},
    {"e", "sizes in KiB", "e e e"},
    {"m", "Mem 15.5Gi/23.5Gi", "m m"},
    {"p", "\\[paused\\]", "p"},
    {"d", "Seconds between refreshes: _", "Esc"},
    {"r", "Record into the file: memtop.jsonl_", "Esc"},
    {"[", "only in a replay"},
    {"]", "only in a replay"},
    {"{", "only in a replay"},
    {"}", "only in a replay"},
    {"W", "saved: .*/glassheap/memtop.conf"},
    {"Space", First("4242")},
    {"^L", First("4242")},
    {"Up", "adjustment of pid 977", "Esc Home", "Home Down Down", "", "a"},
    {"Down", "adjustment of pid 977", "Esc Home", "Home", "", "a"},
    {"PgUp", "adjustment of pid 4242", "Esc Home", "End", "", "a"},
    {"PgDn", "adjustment of pid 6003", "Esc Home", "Home", "", "a"},
    {"Home", "adjustment of pid 4242", "Esc", "End", "", "a"},
    {"End", "adjustment of pid 6003", "Esc Home", "Home", "", "a"},
    {"Right", "!PID USER", "Left"},
    {"Left", "PID USER", "", "Right", "!PID USER"},
    {"Esc", "PID USER", "", "Right", "!PID USER"},
};

// Keys whose doing is tested elsewhere: here, or where job control is (memtop_terminal_test).
const std::set<std::string> kElsewhere = {"F10", "z", "^Z"};

TEST(MemtopKeys, EveryKeyOfTheHelpDoesWhatItSays) {
  const Home home;
  Tmux terminal(Memtop(home, kServers), 120, 30);
  ASSERT_TRUE(terminal.Shows(First("4242")));
  std::set<std::string> tried = kElsewhere;
  for (const KeyRow& row : kRows) {
    const KeyBinding* binding = nullptr;
    for (const KeyBinding& one : KeyBindings()) {
      if (std::string(one.keys).substr(0, std::string(one.keys).find(' ')) == row.key) binding = &one;
    }
    ASSERT_NE(binding, nullptr) << row.key;
    std::istringstream keys(binding->keys);
    for (std::string key; keys >> key;) {
      // A key that nothing is bound to: its message says that all before it has been done.
      terminal.Press("~");
      ASSERT_TRUE(terminal.Shows("~: not a key here")) << "before " << key;
      if (!row.before.empty()) terminal.Press(row.before);
      if (!row.before_shows.empty()) {
        ASSERT_TRUE(terminal.Shows(row.before_shows)) << "before " << key;
      }
      terminal.Press(key + " " + row.after);
      EXPECT_TRUE(terminal.Shows(row.shows)) << key;
      if (!row.back.empty()) terminal.Press(row.back);
    }
    tried.insert(row.key);
  }
  for (const KeyBinding& binding : KeyBindings()) {
    const std::string keys = binding.keys;
    EXPECT_TRUE(tried.contains(keys.substr(0, keys.find(' ')))) << keys << " has no row";
  }
  terminal.Press("F10");
  EXPECT_TRUE(terminal.Ends()) << "q and F10 end it";
}

TEST(MemtopKeys, ColoursComeAndGo) {
  const Home home;
  Tmux terminal(Memtop(home, kServers), 80, 24);
  EXPECT_TRUE(terminal.Shows("\x1b\\[[0-9;]*42m", true)) << "a green heading";
  terminal.Press("z");
  EXPECT_TRUE(terminal.Shows("!\x1b\\[[0-9;]*42m", true));
  Tmux plain(Memtop(home, std::string("--color=never") + kServers), 80, 24);
  EXPECT_TRUE(plain.Shows("redis-server"));
  EXPECT_TRUE(plain.Shows("!\x1b\\[[0-9;]*4[0-7]m", true));
  Tmux no_color(Memtop(home, kServers, "NO_COLOR=1"), 80, 24);
  EXPECT_TRUE(no_color.Shows("redis-server"));
  EXPECT_TRUE(no_color.Shows("!\x1b\\[[0-9;]*4[0-7]m", true));
}

// A terminal that is made smaller shows what is left of the old picture, and memtop draws over it row by row: any of that
// may be caught. So it is waited for the picture that the golden has; one that never comes is what the test is about.
// title: the line above it there.
std::string SettledScreen(Tmux& terminal, const std::string& title, const std::string& golden) {
  std::ostringstream wanted;
  wanted << std::ifstream("testdata/golden/" + golden).rdbuf();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::string screen = WithoutTheTime(terminal.Screen());
  while (wanted.str().find(title + screen) == std::string::npos && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    screen = WithoutTheTime(terminal.Screen());
  }
  return screen;
}

TEST(MemtopKeys, SizesLookAsTheyLooked) {
  const Home home;
  Tmux terminal(Memtop(home, kServers, "LC_ALL=C NO_COLOR=1"), 80, 24);
  std::string text;
  for (const auto& [width, height] : {std::pair{80, 24}, {200, 60}, {40, 10}}) {
    terminal.Resize(width, height);
    // The last row is the footer when it has drawn this size.
    EXPECT_TRUE(terminal.Shows("^(.*\n){" + std::to_string(height - 1) + "}F1 help.*\n$"));
    if (width != 80) {
      EXPECT_TRUE(terminal.Shows(width == 200 ? "OOM adjust" : "!OOM adjust"));
    }
    const std::string title = std::to_string(width) + "x" + std::to_string(height) + "\n";
    text += title + SettledScreen(terminal, title, "memtop_terminal");
  }
  testing::ExpectGolden("memtop_terminal", text);
}

TEST(MemtopKeys, TinyTerminalsDoNoHarm) {
  const Home home;
  Tmux terminal(Memtop(home, kServers), 80, 24);
  ASSERT_TRUE(terminal.Shows(First("4242")));
  for (const int size : {1, 2, 3, 5}) {
    terminal.Resize(size, size);
    terminal.Press("h x f Esc k Esc a Esc Enter Esc");
  }
  terminal.Resize(120, 30);
  EXPECT_TRUE(terminal.Shows(First("4242")));
}

TEST(MemtopKeys, NoProcessToBeSeen) {
  const Home home;
  Tmux terminal(Memtop(home, "--root testdata/hosts/debian12 -d 1000"), 80, 24);
  EXPECT_TRUE(terminal.Shows("tasks 0"));
  EXPECT_TRUE(terminal.Shows("no process can be seen"));
  terminal.Press("k");
  EXPECT_TRUE(terminal.Shows("select a process first"));
}

TEST(MemtopKeys, HostileProcessesHaveNoPowerOverTheTerminal) {
  const Home home;
  Tmux terminal(Memtop(home, std::string("--fields pid,cgroup,command,command_line") + kServers), 200, 30);
  EXPECT_TRUE(terminal.Shows("\\./evil \\\\x1b\\]0;owned"));
  EXPECT_TRUE(terminal.Shows("/evil\\\\x1b\\[2J/"));
  EXPECT_EQ(terminal.Title().find("owned"), std::string::npos);
  EXPECT_TRUE(terminal.Shows("PID CGROUP")) << "nothing has cleared the screen";
}

TEST(MemtopKeys, ATargetThatIsKilledWhileItsInsideIsShown) {
  IdleProcess child([] {
    FileDescriptor region = testing::MakeRegionFile(*testing::MakeFakeHeap(static_cast<uint64_t>(::getpid())));
    ::dup2(region.get(), abi::kRegionFdMin);
  });
  const Home home;
  Tmux terminal(Memtop(home, "-d 0.1 -p " + std::to_string(child.pid())), 100, 30);
  ASSERT_TRUE(terminal.Shows(First(std::to_string(child.pid()))));
  terminal.Press("Enter");
  EXPECT_TRUE(terminal.Shows("Its heap is"));
  child.End();
  EXPECT_TRUE(terminal.Shows("it has ended: these are its last figures"));
  EXPECT_TRUE(terminal.Shows("Its heap is")) << "they stay";
  terminal.Press("Tab Tab");
  EXPECT_TRUE(terminal.Shows("SIZE +LIVE"));
  terminal.Press("Esc");
  EXPECT_TRUE(terminal.Shows("PID USER"));
}

TEST(MemtopKeys, SendsTheSignalThatWasChosen) {
  const IdleProcess child;
  const Home home;
  Tmux terminal(Memtop(home, "-d 1000 -p " + std::to_string(child.pid())), 100, 30);
  ASSERT_TRUE(terminal.Shows(First(std::to_string(child.pid()))));
  terminal.Press("k 1 0 Enter");
  EXPECT_TRUE(terminal.Shows("sent SIGUSR1 to pid " + std::to_string(child.pid())));
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(info.si_status, SIGUSR1);
}

// In the window that adjusts: " now   oom_score_adj 0   ...   rank 47 of 52".
int RankIn(const std::string& screen, const std::string& line) {
  std::smatch match;
  return std::regex_search(screen, match, std::regex(line + " +oom_score_adj .* rank ([0-9]+) of"))
             ? std::stoi(match[1])
             : 0;
}

TEST(MemtopKeys, AdjustsWhatItShowedBefore) {
  const IdleProcess child;
  const Home home;
  const std::string pid = std::to_string(child.pid());
  Tmux terminal(Memtop(home, "-d 1000 -p " + pid), 120, 30);
  ASSERT_TRUE(terminal.Shows(First(pid)));
  terminal.Press("a 1 0 0 0");
  EXPECT_TRUE(terminal.Shows("then +oom_score_adj 1000 +oom_adj 15 .* rank [0-9]+ of"));
  // First, unless the machine has others with 1000; nearer to it in any case.
  const int now = RankIn(terminal.Screen(), "now"), then = RankIn(terminal.Screen(), "then");
  EXPECT_TRUE(then == 1 || then < now) << terminal.Screen();
  EXPECT_NE(*Root().ReadFile("proc/" + pid + "/oom_score_adj"), "1000\n") << "not yet";
  terminal.Press("Enter");
  EXPECT_TRUE(terminal.Shows("oom_score_adj changed from .* to 1000"));
  EXPECT_EQ(*Root().ReadFile("proc/" + pid + "/oom_score_adj"), "1000\n");
}

TEST(MemtopKeys, WhatIsSavedComesBack) {
  const Home home;
  {
    Tmux terminal(Memtop(home, kServers), 100, 24);
    ASSERT_TRUE(terminal.Shows(First("4242")));
    terminal.Press("f Space Enter N W");
    EXPECT_TRUE(terminal.Shows("saved: "));
  }
  Tmux again(Memtop(home, kServers), 100, 24);
  EXPECT_TRUE(again.Shows("USER +RANK"));
  EXPECT_TRUE(again.Shows("!PID"));
  std::ofstream(home.PathOf("glassheap/memtop.conf")) << "sort = nope\n";
  Tmux broken(Memtop(home, kServers), 160, 24);
  EXPECT_TRUE(broken.Shows("line 1: nope: no such field"));
}

TEST(MemtopKeys, RecordsAndScrubs) {
  const Home home;
  const std::string file = home.PathOf("r.jsonl");
  {
    Tmux terminal(Memtop(home, kServers), 100, 24);
    ASSERT_TRUE(terminal.Shows(First("4242")));
    terminal.Press("r ^U");
    terminal.Type(file);
    terminal.Press("Enter");
    EXPECT_TRUE(terminal.Shows("recording into"));
    terminal.Press("N Space Space");
    EXPECT_TRUE(terminal.Shows(First("1")));
    terminal.Press("r");
    EXPECT_TRUE(terminal.Shows("memtop --replay shows it"));
  }
  Tmux replay(Memtop(home, "-d 0.05 --replay " + file), 100, 24);
  EXPECT_TRUE(replay.Shows("\\[replay 3/3\\]")) << "runs to its end";
  EXPECT_TRUE(replay.Shows(First("4242")));
  replay.Press("[");
  EXPECT_TRUE(replay.Shows("\\[replay 2/3\\] \\[paused\\]"));
  replay.Press("{");
  EXPECT_TRUE(replay.Shows("\\[replay 1/3\\]"));
  replay.Press("}");
  EXPECT_TRUE(replay.Shows("\\[replay 3/3\\]"));
  replay.Press("k");
  EXPECT_TRUE(replay.Shows("not in a replay"));
}

// Two captures of a machine, a second apart: the rates between them are exact.
TEST(MemtopKeys, RatesBetweenTwoCaptures) {
  const FakeRoot host;
  const auto copy = [&](const char* from) {
    std::filesystem::copy("testdata/hosts/" + std::string(from), host.path(),
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  };
  copy("second-1");
  Tmux terminal(
      Memtop(host,
             "-d 1000 --fields pid,user,rank,rss,growth_per_minute,minor_faults_per_second,cpu_percent,cgroup,"
             "threads,command --root " +
                 host.path(),
             "LC_ALL=C NO_COLOR=1"),
      110, 16);
  ASSERT_TRUE(terminal.Shows("PID USER"));
  copy("second-2");
  terminal.Press("Space");
  EXPECT_TRUE(terminal.Shows("\\+[0-9.]+Mi"));
  testing::ExpectGolden("memtop_rates", WithoutTheTime(terminal.Screen()));
}

}  // namespace
}  // namespace glassheap::tools
