// What a user does at a terminal, as values: a key with its name, or a mouse button at a place.

#ifndef GLASSHEAP_TOOLS_VIEW_KEY_PRESS_H_
#define GLASSHEAP_TOOLS_VIEW_KEY_PRESS_H_

#include <cstddef>
#include <string>

namespace glassheap::tools {

enum class Key {
  kCharacter,
  kUp,
  kDown,
  kLeft,
  kRight,
  kPageUp,
  kPageDown,
  kHome,
  kEnd,
  kEnter,
  kEscape,
  kBackspace,
  kTab,
  kBackTab,
  kF1,
  kF2,
  kF3,
  kF4,
  kF5,
  kF6,
  kF7,
  kF8,
  kF9,
  kF10,
};

struct KeyPress {
  Key key = Key::kCharacter;
  std::string character = {};  // of kCharacter: one character of UTF-8; ^A to ^Z are '\x01' to '\x1a'
};

enum class MouseAction { kClick, kDoubleClick, kWheelUp, kWheelDown };

struct MousePress {
  MouseAction action = MouseAction::kClick;
  size_t row = 0;
  size_t column = 0;
};

// As the key table writes it: "F1", "Up", "Space", "^L", "q". Empty for a character that is none (a control).
std::string NameOf(const KeyPress& press);

// Characters that may be typed into a line of text.
bool IsText(const KeyPress& press);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_KEY_PRESS_H_
