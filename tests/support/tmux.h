// A terminal with a program in it, as a user has it: tmux emulates it, keys are typed into it, and the screen is read back
// as text. One server for all terminals of a test binary.

#ifndef GLASSHEAP_TESTS_SUPPORT_TMUX_H_
#define GLASSHEAP_TESTS_SUPPORT_TMUX_H_

#include <gtest/gtest.h>

#include <string>

namespace glassheap::testing {

class Tmux {
 public:
  // A line for /bin/sh. The program's terminal is tmux-256color, its locale C.UTF-8 unless the line says otherwise.
  Tmux(const std::string& command, int width, int height);
  ~Tmux();
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;

  // Keys as memtop's key table names them, parted by blanks: "F4 Enter ^L Space x".
  void Press(const std::string& keys);
  void Type(const std::string& text);
  void Resize(int width, int height);

  // Rows, each ended by '\n', without trailing blanks; with escapes: colours, too.
  std::string Screen(bool with_escapes = false) const;

  // Waits until the screen matches the pattern (ECMAScript; "!" in front: until it does not).
  ::testing::AssertionResult Shows(const std::string& pattern, bool with_escapes = false) const;

  // Waits until the program has ended; false when it does not.
  bool Ends() const;

  // What the program called its window.
  std::string Title() const;

 private:
  std::string name_;
};

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_TMUX_H_
