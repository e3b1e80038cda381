// The terminal that a Screen is put on: the only code that knows ncurses.
//
// Everything that happens to a terminal program arrives as one event: a key, the
// mouse, a new size, ^Z, a signal to end, or nothing for so long. The terminal is put
// back as it was when the object goes, when the process is stopped, and when it
// crashes.
//
// Thread safety: none, and at most one Terminal at a time; create it before
// other threads, as it blocks the signals it waits for.

#ifndef GLASSHEAP_TOOLS_VIEW_TERMINAL_H_
#define GLASSHEAP_TOOLS_VIEW_TERMINAL_H_

#include <signal.h>

#include <cstddef>
#include <memory>
#include <optional>

#include "tools/read/file_descriptor.h"
#include "tools/read/result.h"
#include "tools/view/key_press.h"
#include "tools/view/screen.h"

namespace glassheap::tools {

struct TerminalEvent {
  enum class Kind { kTimeout, kKey, kMouse, kResized, kEnd };
  Kind kind = Kind::kTimeout;
  KeyPress key;        // of kKey
  MousePress mouse;    // of kMouse
  int end_signal = 0;  // of kEnd; 0: the terminal has gone
};

class Terminal {
 public:
  // Errors: not a terminal, or one that terminfo does not know.
  static Result<std::unique_ptr<Terminal>> Open(bool color);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  size_t width() const;
  size_t height() const;
  bool unicode() const { return unicode_; }

  // color: false leaves it out, where there is any.
  void Show(const Screen& screen, bool color = true);

  // Waits for at most so many seconds. ^Z is dealt with inside: the process stops, and goes on with kResized. When it is
  // continued in the background it stops again, as the terminal is another's then; but not before it has looked whether
  // it is to end.
  TerminalEvent Wait(double seconds);

 private:
  Terminal(FileDescriptor signals, sigset_t old_mask, const struct sigaction& old_suspend, bool unicode, bool color);

  TerminalEvent TakeSignal();
  TerminalEvent TakeKey();
  TerminalEvent TakeMouse();
  TerminalEvent Stop();
  std::optional<int> PendingEnd();
  void FitToWindow();
  void ShowRow(const Screen& screen, size_t row, bool color);

  FileDescriptor signals_;  // signalfd
  sigset_t old_mask_;
  struct sigaction old_suspend_;
  bool unicode_;
  bool color_;
  bool stopped_ = false;  // the terminal is as it was, and another's
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TERMINAL_H_
