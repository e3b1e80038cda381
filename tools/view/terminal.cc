// Tested by tests/tools/memtop_terminal_test.cc.

#include "tools/view/terminal.h"

#include <langinfo.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <clocale>
#include <cwchar>

#define NCURSES_WIDECHAR 1
#include <ncurses.h>
#include <term.h>
#undef lines  // macros of term.h and curses.h that hide our names
#undef columns
#undef timeout

namespace glassheap::tools {
namespace {

constexpr int kEndSignals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
constexpr int kCrashSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr int kEscapeMilliseconds = 25;  // ncurses waits a second for the rest of a sequence
constexpr int kDoubleClickMilliseconds = 200;
constexpr mmask_t kMouseEvents =
    BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED;
constexpr int kUsualWidth = 80;
constexpr int kUsualHeight = 24;

// What a crash handler needs: nothing it may not touch.
termios g_saved_modes;
char g_leave[128];
size_t g_leave_length = 0;

void RestoreAfterCrash(int signal) {
  ::tcsetattr(STDIN_FILENO, TCSANOW, &g_saved_modes);
  (void)!::write(STDOUT_FILENO, g_leave, g_leave_length);
  ::raise(signal);  // SA_RESETHAND: this time it is final
}

void AppendLeave(const char* sequence) {
  if (sequence == nullptr || sequence == reinterpret_cast<const char*>(-1)) return;
  const size_t length = std::min(::strlen(sequence), sizeof g_leave - g_leave_length);
  ::memcpy(g_leave + g_leave_length, sequence, length);
  g_leave_length += length;
}

void PrepareForCrash() {
  g_leave_length = 0;
  AppendLeave(::tigetstr(const_cast<char*>("sgr0")));
  AppendLeave(::tigetstr(const_cast<char*>("cnorm")));
  AppendLeave(::tigetstr(const_cast<char*>("rmcup")));
  struct sigaction action {};
  action.sa_handler = RestoreAfterCrash;
  action.sa_flags = SA_RESETHAND | SA_NODEFER;
  for (const int signal : kCrashSignals) ::sigaction(signal, &action, nullptr);
}

sigset_t WatchedSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kEndSignals) ::sigaddset(&set, signal);
  ::sigaddset(&set, SIGWINCH);
  ::sigaddset(&set, SIGTSTP);
  return set;
}

// ncurses makes SIGTSTP ignored whenever it writes, unless somebody else handles it when a terminal is opened; and a
// signal that becomes ignored is thrown away, even one that is blocked and waits in the signalfd: a ^Z on the way would be
// lost. So there is a handler, which never runs. An inherited SIG_IGN stays: that shell knows no job control.
struct sigaction TakeSuspend() {
  struct sigaction before {
  }, never_run{};
  never_run.sa_handler = [](int) {};
  ::sigaction(SIGTSTP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) ::sigaction(SIGTSTP, &never_run, nullptr);
  return before;
}

bool LocaleIsUtf8() {
  std::setlocale(LC_CTYPE, "");
  return ::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
}

// One row: how a style looks, in colour and without. Eight colours are enough, so that every terminal has them.
struct Look {
  Style style;
  short color;       // -1: the terminal's own
  short background;  // -1: the terminal's own
  attr_t attributes;
  attr_t without_color;
};

constexpr Look kLooks[] = {
    {Style::kPlain, -1, -1, A_NORMAL, A_NORMAL},
    {Style::kDim, -1, -1, A_DIM, A_NORMAL},
    {Style::kStrong, -1, -1, A_BOLD, A_BOLD},
    {Style::kHeading, COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE},
    {Style::kSorted, COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE | A_BOLD},
    {Style::kUsed, COLOR_GREEN, -1, A_NORMAL, A_NORMAL},
    {Style::kCache, COLOR_YELLOW, -1, A_NORMAL, A_NORMAL},
    {Style::kSwap, COLOR_RED, -1, A_NORMAL, A_NORMAL},
    {Style::kHeap, COLOR_CYAN, -1, A_NORMAL, A_NORMAL},
    {Style::kWarning, COLOR_RED, -1, A_BOLD, A_BOLD},
    {Style::kKey, -1, -1, A_BOLD, A_BOLD},
    {Style::kShared, COLOR_MAGENTA, -1, A_NORMAL, A_NORMAL},
    {Style::kBuffers, COLOR_BLUE, -1, A_NORMAL, A_NORMAL},
    {Style::kSelected, -1, -1, A_REVERSE, A_REVERSE},
};

short PairOf(Style style) { return static_cast<short>(static_cast<int>(style) + 1); }

void MakeColors() {
  ::start_color();
  ::use_default_colors();
  for (const Look& look : kLooks) ::init_pair(PairOf(look.style), look.color, look.background);
}

attr_t AttributesOf(Style style, bool color) {
  for (const Look& look : kLooks) {
    if (look.style != style) continue;
    return color ? look.attributes | static_cast<attr_t>(COLOR_PAIR(PairOf(style))) : look.without_color;
  }
  return A_NORMAL;
}

struct KeyCode {
  int code;  // of ncurses
  Key key;
};

constexpr KeyCode kKeyCodes[] = {
    {KEY_UP, Key::kUp},        {KEY_DOWN, Key::kDown},           {KEY_LEFT, Key::kLeft},    {KEY_RIGHT, Key::kRight},
    {KEY_PPAGE, Key::kPageUp}, {KEY_NPAGE, Key::kPageDown},      {KEY_HOME, Key::kHome},    {KEY_END, Key::kEnd},
    {KEY_ENTER, Key::kEnter},  {KEY_BACKSPACE, Key::kBackspace}, {KEY_BTAB, Key::kBackTab},
};

constexpr KeyCode kControls[] = {
    {'\r', Key::kEnter}, {'\n', Key::kEnter},    {'\t', Key::kTab},
    {27, Key::kEscape},  {127, Key::kBackspace}, {8, Key::kBackspace},
};

std::optional<KeyPress> FunctionKey(int code) {
  for (const KeyCode& known : kKeyCodes) {
    if (known.code == code) return KeyPress{known.key};
  }
  if (code < KEY_F(1) || code > KEY_F(10)) return std::nullopt;
  return KeyPress{static_cast<Key>(static_cast<int>(Key::kF1) + code - KEY_F(1))};
}

KeyPress Character(wint_t code) {
  for (const KeyCode& known : kControls) {
    if (static_cast<wint_t>(known.code) == code) return {known.key};
  }
  char bytes[MB_LEN_MAX] = {};
  mbstate_t state = {};
  const size_t length = ::wcrtomb(bytes, static_cast<wchar_t>(code), &state);
  return {Key::kCharacter, length == static_cast<size_t>(-1) ? "" : std::string(bytes, length)};
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

constexpr size_t kMostMarks = 4;  // that ncurses puts into one cell

// Whether the C library, by which ncurses counts, gives the cell as many columns as the screen does. Its tables are of
// another year than ours: where they differ the rest of the row would be moved.
bool HasWidth(const std::string& cell, int columns) {
  mbstate_t state = {};
  const char* at = cell.data();
  for (size_t i = 0; at < cell.data() + cell.size(); ++i) {
    wchar_t character;
    const size_t length = ::mbrtowc(&character, at, static_cast<size_t>(cell.data() + cell.size() - at), &state);
    if (length == 0 || length > MB_LEN_MAX || i > kMostMarks) return false;
    if (::wcwidth(character) != (i == 0 ? columns : 0)) return false;
    at += length;
  }
  return true;
}

// What is put on the terminal for a cell: something that is as wide.
std::string CellText(const std::string& cell, bool wide, bool unicode) {
  if (IsAscii(cell)) return cell;
  if (unicode && HasWidth(cell, wide ? 2 : 1)) return cell;
  return wide ? "??" : "?";
}

std::string TermName() {
  const char* name = ::getenv("TERM");
  return name == nullptr ? "" : name;
}

// TERM=dumb, as in Emacs' shell: ncurses opens it and then draws each cell where the last one ended.
bool CannotPlace() {
  int unknown = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &unknown) != OK) return false;
  const bool places = ::tigetstr("cup") != nullptr;
  ::del_curterm(::cur_term);
  return !places;
}

}  // namespace

Result<std::unique_ptr<Terminal>> Terminal::Open(bool color) {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO)) {
    return Error{"not a terminal", "use -b for output to a file or a pipe"};
  }
  if (CannotPlace()) return Error{"TERM=" + TermName(), "this terminal cannot place the cursor; use -b"};
  const bool unicode = LocaleIsUtf8();
  ::tcgetattr(STDIN_FILENO, &g_saved_modes);
  const sigset_t watched = WatchedSignals();
  sigset_t old_mask;
  ::sigprocmask(SIG_BLOCK, &watched, &old_mask);
  const struct sigaction old_suspend = TakeSuspend();
  FileDescriptor signals(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.valid() || ::newterm(nullptr, stdout, stdin) == nullptr) {
    ::sigaction(SIGTSTP, &old_suspend, nullptr);
    ::sigprocmask(SIG_SETMASK, &old_mask, nullptr);
    return Error{"TERM=" + TermName(), "no such terminal is known; use -b"};
  }
  return std::unique_ptr<Terminal>(new Terminal(std::move(signals), old_mask, old_suspend, unicode, color));
}

Terminal::Terminal(FileDescriptor signals, sigset_t old_mask, const struct sigaction& old_suspend, bool unicode,
                   bool color)
    : signals_(std::move(signals)),
      old_mask_(old_mask),
      old_suspend_(old_suspend),
      unicode_(unicode),
      color_(color && ::has_colors()) {
  PrepareForCrash();
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  ::set_escdelay(kEscapeMilliseconds);
  ::curs_set(0);
  if (color_) MakeColors();
  ::mousemask(kMouseEvents, nullptr);
  ::mouseinterval(kDoubleClickMilliseconds);
  FitToWindow();
}

Terminal::~Terminal() {
  if (!stopped_) ::endwin();
  ::sigaction(SIGTSTP, &old_suspend_, nullptr);
  ::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
}

size_t Terminal::width() const { return static_cast<size_t>(getmaxx(stdscr)); }
size_t Terminal::height() const { return static_cast<size_t>(getmaxy(stdscr)); }

void Terminal::FitToWindow() {
  winsize size{};
  ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  ::resizeterm(size.ws_row > 0 ? size.ws_row : kUsualHeight, size.ws_col > 0 ? size.ws_col : kUsualWidth);
}

void Terminal::ShowRow(const Screen& screen, size_t row, bool color) {
  const size_t end = std::min(screen.width(), width());
  size_t column = 0;
  while (column < end) {
    const Style style = screen.At(row, column).style;
    const size_t start = column;
    std::string text;
    for (; column < end && screen.At(row, column).style == style; ++column) {
      const bool wide = column + 1 < end && screen.At(row, column + 1).text.empty();
      text += CellText(screen.At(row, column).text, wide, unicode_);
    }
    ::attrset(static_cast<int>(AttributesOf(style, color)));
    mvaddstr(static_cast<int>(row), static_cast<int>(start), text.c_str());
  }
}

void Terminal::Show(const Screen& screen, bool color) {
  ::erase();
  for (size_t row = 0; row < std::min(screen.height(), height()); ++row) ShowRow(screen, row, color && color_);
  ::refresh();
}

std::optional<int> Terminal::PendingEnd() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    const auto signal = static_cast<int>(info.ssi_signo);
    if (std::ranges::find(kEndSignals, signal) != std::end(kEndSignals)) return signal;
  }
  return std::nullopt;
}

TerminalEvent Terminal::Stop() {
  if (old_suspend_.sa_handler == SIG_IGN) return {};
  ::endwin();
  stopped_ = true;
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTSTP);
  struct sigaction by_default {
  }, never_run;
  by_default.sa_handler = SIG_DFL;
  ::sigaction(SIGTSTP, &by_default, &never_run);
  std::optional<int> end;
  pid_t foreground;
  do {
    ::raise(SIGTSTP);
    ::sigprocmask(SIG_UNBLOCK, &stop, nullptr);  // stops here, until SIGCONT
    ::sigprocmask(SIG_BLOCK, &stop, nullptr);
    end = PendingEnd();
    foreground = ::tcgetpgrp(STDIN_FILENO);
  } while (!end && foreground >= 0 && foreground != ::getpgrp());
  ::sigaction(SIGTSTP, &never_run, nullptr);
  if (end || foreground < 0) return {TerminalEvent::Kind::kEnd, {}, {}, end.value_or(0)};
  stopped_ = false;
  ::refresh();
  FitToWindow();
  ::clearok(stdscr, TRUE);
  return {TerminalEvent::Kind::kResized, {}, {}, 0};
}

TerminalEvent Terminal::TakeSignal() {
  signalfd_siginfo info;
  if (::read(signals_.get(), &info, sizeof info) != sizeof info) return {};
  const auto signal = static_cast<int>(info.ssi_signo);
  if (std::ranges::find(kEndSignals, signal) != std::end(kEndSignals)) {
    return {TerminalEvent::Kind::kEnd, {}, {}, signal};
  }
  if (signal == SIGTSTP) return Stop();
  FitToWindow();
  return {TerminalEvent::Kind::kResized, {}, {}, 0};
}

TerminalEvent Terminal::TakeMouse() {
  MEVENT event;
  if (::getmouse(&event) != OK || event.x < 0 || event.y < 0) return {};
  MousePress press{MouseAction::kClick, static_cast<size_t>(event.y), static_cast<size_t>(event.x)};
  if (event.bstate & BUTTON1_DOUBLE_CLICKED) press.action = MouseAction::kDoubleClick;
  if (event.bstate & BUTTON4_PRESSED) press.action = MouseAction::kWheelUp;
  if (event.bstate & BUTTON5_PRESSED) press.action = MouseAction::kWheelDown;
  return {TerminalEvent::Kind::kMouse, {}, press, 0};
}

TerminalEvent Terminal::TakeKey() {
  wint_t code = 0;
  const int kind = ::get_wch(&code);
  if (kind == ERR) return {};
  if (kind != KEY_CODE_YES) return {TerminalEvent::Kind::kKey, Character(code), {}, 0};
  if (code == KEY_MOUSE) return TakeMouse();
  if (code == KEY_RESIZE) return {TerminalEvent::Kind::kResized, {}, {}, 0};
  const auto press = FunctionKey(static_cast<int>(code));
  return {TerminalEvent::Kind::kKey, press.value_or(KeyPress{}), {}, 0};
}

TerminalEvent Terminal::Wait(double seconds) {
  const TerminalEvent waiting = TakeKey();  // ncurses may hold keys that poll does not see
  if (waiting.kind != TerminalEvent::Kind::kTimeout) return waiting;
  pollfd ready[] = {{signals_.get(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  const auto milliseconds = static_cast<int>(std::clamp(seconds * 1000, 0.0, 1e9));
  if (::poll(ready, 2, milliseconds) <= 0) return {};
  if (ready[0].revents != 0) return TakeSignal();
  const TerminalEvent event = TakeKey();
  const bool gone =
      event.kind == TerminalEvent::Kind::kTimeout && (ready[1].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
  return gone ? TerminalEvent{TerminalEvent::Kind::kEnd, {}, {}, 0} : event;
}

}  // namespace glassheap::tools
