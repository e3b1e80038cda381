// Tested by tests/tools/memtop_terminal_test.cc.

#include "tools/run/top_session.h"

#include <signal.h>
#include <time.h>

#include <algorithm>

#include "tools/view/top/screen.h"

namespace glassheap::tools {
namespace {

constexpr double kPausedWait = 3600;

double Seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

class Session {
 public:
  Session(TopWorld& world, Terminal& terminal, TopState state)
      : world_(world), terminal_(terminal), state_(std::move(state)) {
    if (terminal.unicode()) state_.glyphs = Glyphs::kUnicode;
  }

  Result<int> Run(uint64_t refreshes) {
    for (uint64_t refresh = 0; refresh < refreshes; ++refresh) {
      const auto error = world_.Refresh(state_, InView(), frame_);
      if (error && refresh == 0) return *error;  // later ones are shown, and may pass
      if (error) state_.message = error->Text();
      if (error) state_.message_is_error = true;
      if (const auto end = ShowUntilDue()) return *end;
    }
    return 0;
  }

 private:
  // Until it is time to refresh; a value when the session is over.
  std::optional<int> ShowUntilDue() {
    Draw();
    const double start = Seconds();
    for (;;) {
      const double left = start + state_.settings.delay_seconds - Seconds();
      if (left <= 0 && !state_.paused) return std::nullopt;
      const TerminalEvent event = terminal_.Wait(state_.paused ? kPausedWait : left);
      switch (event.kind) {
        case TerminalEvent::Kind::kEnd:
          return event.end_signal;
        case TerminalEvent::Kind::kTimeout:
          break;
        case TerminalEvent::Kind::kResized:
          Draw();
          break;
        case TerminalEvent::Kind::kKey:
        case TerminalEvent::Kind::kMouse: {
          const TopCommand command = event.kind == TerminalEvent::Kind::kKey
                                         ? Handle(event.key, frame_, rows_, Size(), state_)
                                         : Handle(event.mouse, frame_, rows_, Size(), state_);
          if (command.kind == TopCommand::Kind::kQuit) return 0;
          if (Obey(command)) return std::nullopt;
        }
      }
    }
  }

  // True when a refresh is due now.
  bool Obey(const TopCommand& command) {
    switch (command.kind) {
      case TopCommand::Kind::kNone:
        return false;
      case TopCommand::Kind::kRedraw:
        break;
      case TopCommand::Kind::kRefresh:
        return true;
      case TopCommand::Kind::kStop:
        ::raise(SIGTSTP);
        return false;
      case TopCommand::Kind::kSetOom:
      case TopCommand::Kind::kSignal:
        world_.Do(command, frame_, state_);
        return true;  // to show what it did
      default:
        world_.Do(command, frame_, state_);
        break;
    }
    Draw();
    return false;
  }

  void Draw() {
    rows_ = MakeRows(frame_, state_);
    Settle(frame_, rows_, Size(), state_);
    terminal_.Show(tools::Draw(frame_, rows_, state_, Size()), state_.settings.color);
  }

  std::vector<pid_t> InView() const {
    std::vector<pid_t> pids;
    const size_t last = std::min(rows_.rows.size(), state_.first_row + terminal_.height());
    for (size_t row = state_.first_row; row < last; ++row) pids.push_back(rows_.rows[row].process->pid);
    return pids;
  }

  ScreenSize Size() const { return {terminal_.width(), terminal_.height()}; }

  TopWorld& world_;
  Terminal& terminal_;
  TopState state_;
  TopFrame frame_;
  TopRows rows_;
};

}  // namespace

Result<int> RunTopSession(TopWorld& world, Terminal& terminal, TopState state, uint64_t refreshes) {
  return Session(world, terminal, std::move(state)).Run(refreshes);
}

}  // namespace glassheap::tools
