// memtop at a terminal: a pty stands for the terminal, and a little shell of our own for the job control around it.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "tests/support/shell.h"

namespace glassheap::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPatienceMilliseconds = 20000;
constexpr std::chrono::milliseconds kPatience(kPatienceMilliseconds);

// memtop in the foreground of a terminal of its own. Its shell says on the terminal how memtop stopped or ended, and
// continues it on any byte of the control pipe.
class MemtopAtTerminal {
 public:
  explicit MemtopAtTerminal(const std::string& arguments, unsigned short width = 80, unsigned short height = 24,
                            const char* term = "xterm", const char* locale = "C.UTF-8") {
    const winsize size = {height, width, 0, 0};
    (void)!::pipe2(control_, O_CLOEXEC);
    shell_ = ::forkpty(&master_, nullptr, nullptr, &size);
    if (shell_ != 0) return;
    ::setenv("TERM", term, 1);
    ::setenv("LC_ALL", locale, 1);
    ::setenv("NO_COLOR", "1", 1);
    BeShell(testing::Program("tools/memtop") + " --root testdata/hosts/servers " + arguments);
  }

  ~MemtopAtTerminal() {
    ::close(master_);
    ::close(control_[0]);
    ::close(control_[1]);
    ::kill(shell_, SIGKILL);
    ::waitpid(shell_, nullptr, 0);
  }

  void Type(const std::string& keys) { (void)!::write(master_, keys.data(), keys.size()); }
  void Continue() { (void)!::write(control_[1], "c", 1); }
  void ContinueInBackground() { (void)!::write(control_[1], "b", 1); }
  void TerminateInBackground() { (void)!::write(control_[1], "t", 1); }
  void Resize(unsigned short width, unsigned short height) {
    const winsize size = {height, width, 0, 0};
    ::ioctl(master_, TIOCSWINSZ, &size);
  }

  // Reads until the terminal has shown the text since the last call.
  ::testing::AssertionResult Shows(const std::string& text) {
    const auto deadline = Clock::now() + kPatience;
    size_t found;
    while ((found = seen_.find(text)) == std::string::npos) {
      pollfd ready = {master_, POLLIN, 0};
      if (Clock::now() > deadline || ::poll(&ready, 1, kPatienceMilliseconds) <= 0)
        return ::testing::AssertionFailure() << "no '" << text << "' in " << seen_;
      char buffer[4096];
      const ssize_t got = ::read(master_, buffer, sizeof buffer);
      if (got <= 0) return ::testing::AssertionFailure() << "the end before '" << text << "' in " << seen_;
      seen_.append(buffer, static_cast<size_t>(got));
    }
    seen_.erase(0, found + text.size());
    return ::testing::AssertionSuccess();
  }

  // What ^Z does. Typed, it also makes the kernel throw away what is on its way to the terminal, after the signal was
  // sent: what we wait for might be lost.
  void Stop() { SignalForeground(SIGTSTP); }
  void SignalForeground(int signal) { ::kill(-::tcgetpgrp(master_), signal); }

 private:
  static std::string Modes() {
    termios modes;
    ::tcgetattr(STDIN_FILENO, &modes);
    const bool usual = (modes.c_lflag & ECHO) != 0 && (modes.c_lflag & ICANON) != 0 && (modes.c_iflag & ICRNL) != 0;
    return usual ? "as before" : "changed";
  }

  static void Say(const std::string& text) { (void)!::write(STDOUT_FILENO, text.data(), text.size()); }

  [[noreturn]] void BeShell(const std::string& command) {
    ::signal(SIGTTOU, SIG_IGN);
    const pid_t job = ::fork();
    if (job == 0) {
      ::setpgid(0, 0);
      ::tcsetpgrp(STDIN_FILENO, ::getpid());
      ::signal(SIGTTOU, SIG_DFL);
      ::execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
      ::_exit(127);
    }
    for (;;) {
      int status = 0;
      ::waitpid(job, &status, WUNTRACED);
      ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
      if (!WIFSTOPPED(status)) {
        const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        Say("<ended " + std::to_string(code) + ", modes " + Modes() + ">");
        ::pause();
      }
      Say("<stopped, modes " + Modes() + ">");
      char byte = 'c';
      (void)!::read(control_[0], &byte, 1);
      if (byte == 'c') ::tcsetpgrp(STDIN_FILENO, job);
      if (byte == 't') ::kill(-job, SIGTERM);
      ::kill(-job, SIGCONT);
    }
  }

  int control_[2] = {-1, -1};
  int master_ = -1;
  pid_t shell_ = -1;
  std::string seen_;
};

constexpr char kEnter[] = "\x1b[?1049h";  // xterm's smcup: the other screen
constexpr char kLeave[] = "\x1b[?1049l";

TEST(MemtopTerminal, DrawsAndQuits) {
  MemtopAtTerminal terminal("-d 1000");
  EXPECT_TRUE(terminal.Shows(kEnter));
  EXPECT_TRUE(terminal.Shows("memtop"));
  EXPECT_TRUE(terminal.Shows("█")) << "UTF-8 bars";
  EXPECT_TRUE(terminal.Shows("redis-server"));
  EXPECT_TRUE(terminal.Shows("quit"));
  terminal.Type("q");
  EXPECT_TRUE(terminal.Shows(kLeave));
  EXPECT_TRUE(terminal.Shows("<ended 0, modes as before>"));
}

TEST(MemtopTerminal, SortsAndHelps) {
  MemtopAtTerminal terminal("-d 1000");
  EXPECT_TRUE(terminal.Shows("quit"));
  terminal.Type("h");
  EXPECT_TRUE(terminal.Shows("keys and columns"));
  terminal.Type("\x1b[B");  // Down
  terminal.Type("x");
  EXPECT_TRUE(terminal.Shows("redis-server"));
  terminal.Type("q");
  EXPECT_TRUE(terminal.Shows("<ended 0, modes as before>"));
}

TEST(MemtopTerminal, FollowsTheWindowsSize) {
  MemtopAtTerminal terminal("-d 1000", 40, 10);
  EXPECT_TRUE(terminal.Shows("quit"));
  terminal.Resize(140, 30);
  EXPECT_TRUE(terminal.Shows("ALLOC/s"));
  terminal.Resize(20, 5);
  EXPECT_TRUE(terminal.Shows("memtop"));
  terminal.Resize(1, 1);
  terminal.Resize(80, 24);
  EXPECT_TRUE(terminal.Shows("quit"));
  terminal.Type("q");
  EXPECT_TRUE(terminal.Shows("<ended 0, modes as before>"));
}

TEST(MemtopTerminal, StopsAndGoesOn) {
  MemtopAtTerminal terminal("-d 1000");
  EXPECT_TRUE(terminal.Shows("dies first"));
  terminal.Stop();
  EXPECT_TRUE(terminal.Shows(kLeave));
  EXPECT_TRUE(terminal.Shows("<stopped, modes as before>"));
  terminal.Continue();
  EXPECT_TRUE(terminal.Shows(kEnter));
  EXPECT_TRUE(terminal.Shows("redis-server"));
  EXPECT_TRUE(terminal.Shows("dies first"));
  terminal.Type("q");
  EXPECT_TRUE(terminal.Shows("<ended 0, modes as before>"));
}

// ncurses ignores the signal while it writes: one that comes then must not be lost.
TEST(MemtopTerminal, StopsWhileItDraws) {
  MemtopAtTerminal terminal("-d 1000");
  EXPECT_TRUE(terminal.Shows("dies first"));
  for (int round = 0; round < 20; ++round) {
    terminal.Type("hx");
    terminal.Stop();
    ASSERT_TRUE(terminal.Shows("<stopped, modes as before>")) << "round " << round;
    terminal.Continue();
    ASSERT_TRUE(terminal.Shows(kEnter)) << "round " << round;
  }
  terminal.Type("q");
  EXPECT_TRUE(terminal.Shows("<ended 0, modes as before>"));
}

TEST(MemtopTerminal, ContinuedInTheBackgroundItStopsAgain) {
  MemtopAtTerminal terminal("-d 1000");
  EXPECT_TRUE(terminal.Shows("dies first"));
  terminal.Stop();
  EXPECT_TRUE(terminal.Shows("<stopped, modes as before>"));
  terminal.ContinueInBackground();
  EXPECT_TRUE(terminal.Shows("<stopped, modes as before>"));
  terminal.Continue();
  EXPECT_TRUE(terminal.Shows("redis-server"));
  terminal.Type("q");
  EXPECT_TRUE(terminal.Shows("<ended 0, modes as before>"));
}

TEST(MemtopTerminal, ToldToEndWhileItIsStoppedItDoesNotTouchTheTerminal) {
  MemtopAtTerminal terminal("-d 1000");
  EXPECT_TRUE(terminal.Shows("dies first"));
  terminal.Stop();
  EXPECT_TRUE(terminal.Shows("<stopped, modes as before>"));
  terminal.TerminateInBackground();
  EXPECT_TRUE(terminal.Shows("<ended 143, modes as before>"));
}

TEST(MemtopTerminal, InterruptEndsWell) {
  MemtopAtTerminal terminal("-d 1000");
  EXPECT_TRUE(terminal.Shows("quit"));
  terminal.Type("\x03");  // ^C
  EXPECT_TRUE(terminal.Shows(kLeave));
  EXPECT_TRUE(terminal.Shows("<ended 0, modes as before>"));
}

TEST(MemtopTerminal, TermLeavesTheTerminalAsItWas) {
  for (const int signal : {SIGTERM, SIGQUIT, SIGSEGV}) {
    MemtopAtTerminal terminal("-d 1000");
    EXPECT_TRUE(terminal.Shows("quit"));
    terminal.SignalForeground(signal);
    EXPECT_TRUE(terminal.Shows(kLeave));
    EXPECT_TRUE(terminal.Shows("<ended " + std::to_string(128 + signal) + ", modes as before>"));
  }
}

TEST(MemtopTerminal, ATerminalNobodyKnows) {
  MemtopAtTerminal terminal("", 80, 24, "no-such-terminal");
  EXPECT_TRUE(terminal.Shows("memtop: TERM=no-such-terminal: no such terminal is known; use -b"));
  EXPECT_TRUE(terminal.Shows("<ended 1, modes as before>"));
}

TEST(MemtopTerminal, ATerminalWithoutCursor) {
  MemtopAtTerminal terminal("", 80, 24, "dumb");
  EXPECT_TRUE(terminal.Shows("memtop: TERM=dumb: this terminal cannot place the cursor; use -b"));
  EXPECT_TRUE(terminal.Shows("<ended 1, modes as before>"));
}

TEST(MemtopTerminal, WithoutUtf8OnlyAscii) {
  MemtopAtTerminal terminal("-d 1000", 80, 24, "vt100", "C");
  EXPECT_TRUE(terminal.Shows("Mem [||||"));
  EXPECT_TRUE(terminal.Shows("quit"));
  terminal.Type("q");
  EXPECT_TRUE(terminal.Shows("<ended 0, modes as before>"));
}

}  // namespace
}  // namespace glassheap::tools
