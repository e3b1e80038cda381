#include "tests/support/tmux.h"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <regex>
#include <sstream>
#include <thread>

#include "tests/support/shell.h"

namespace glassheap::testing {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kPoll{15};

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The server, which ends with the test. A socket's path has to be short: Bazel's folders are not.
class Server {
 public:
  Server() {
    std::string folder = "/tmp/gh_tmux_XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) ::abort();
    folder_ = folder;
    // It would end with a session that is killed, while the next one is being asked for.
    Run("start-server \\; set -s exit-empty off");
  }
  ~Server() {
    Run("kill-server");
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string Run(const std::string& arguments) const {
    return Shell("LC_ALL=C.UTF-8 tmux -f /dev/null -S " + folder_ + "/s " + arguments).out;
  }

 private:
  std::string folder_;
};

const Server& TheServer() {
  static const Server server;
  return server;
}

std::string NextName() {
  static std::atomic<int> count{0};
  return "t" + std::to_string(++count);
}

// "^L" and "PgUp" are C-l and PPage to tmux. Others are typed as they are.
std::string KeyOf(const std::string& key) {
  static const std::pair<const char*, const char*> kNames[] = {
      {"PgUp", "PPage"}, {"PgDn", "NPage"}, {"Esc", "Escape"}, {"Backspace", "BSpace"}, {"S-Tab", "BTab"}};
  for (const auto& [ours, theirs] : kNames) {
    if (key == ours) return theirs;
  }
  if (key.size() == 2 && key[0] == '^') return std::string("C-") + static_cast<char>(key[1] - 'A' + 'a');
  return key;
}

}  // namespace

Tmux::Tmux(const std::string& command, int width, int height) : name_(NextName()) {
  const std::string size = " -x " + std::to_string(width) + " -y " + std::to_string(height);
  TheServer().Run("new-session -d -s " + name_ + size + " " + Quoted("LC_ALL=C.UTF-8; export LC_ALL; " + command) +
                  " \\; set -s escape-time 0 \\; set -g status off \\; set -g remain-on-exit on \\; resize-window -t " +
                  name_ + size);
}

Tmux::~Tmux() { TheServer().Run("kill-session -t " + name_); }

void Tmux::Press(const std::string& keys) {
  std::istringstream words(keys);
  std::string command = "send-keys -t " + name_;
  for (std::string key; words >> key;) {
    const bool literal = key.size() == 1;
    if (literal) {
      command += " \\; send-keys -t " + name_ + " -l " + Quoted(key == ";" ? "\\;" : key);
    } else {
      command += " \\; send-keys -t " + name_ + " " + KeyOf(key);
    }
  }
  TheServer().Run(command);
}

void Tmux::Type(const std::string& text) { TheServer().Run("send-keys -t " + name_ + " -l " + Quoted(text)); }

void Tmux::Resize(int width, int height) {
  TheServer().Run("resize-window -t " + name_ + " -x " + std::to_string(width) + " -y " + std::to_string(height));
}

std::string Tmux::Screen(bool with_escapes) const {
  return TheServer().Run(std::string("capture-pane -p ") + (with_escapes ? "-e " : "") + "-t " + name_);
}

::testing::AssertionResult Tmux::Shows(const std::string& pattern, bool with_escapes) const {
  const bool wanted = pattern.empty() || pattern[0] != '!';
  const std::regex regex(wanted ? pattern : pattern.substr(1));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const std::string screen = Screen(with_escapes);
    if (std::regex_search(screen, regex) == wanted) return ::testing::AssertionSuccess();
    if (std::chrono::steady_clock::now() > deadline) {
      return ::testing::AssertionFailure() << (wanted ? "no " : "still ") << "'" << pattern << "' in\n" << screen;
    }
    std::this_thread::sleep_for(kPoll);
  }
}

// Asks tmux: the line that it draws for a dead pane may be lost behind the program's last output.
bool Tmux::Ends() const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  do {
    if (TheServer().Run("display-message -p -t " + name_ + " '#{pane_dead}'") == "1\n") return true;
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

std::string Tmux::Title() const { return TheServer().Run("display-message -p -t " + name_ + " '#{pane_title}'"); }

}  // namespace glassheap::testing
