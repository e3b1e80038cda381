#include "tools/view/key_press.h"

#include <array>

namespace glassheap::tools {
namespace {

constexpr std::array<const char*, 24> kNames = {
    "",    "Up",    "Down", "Left", "Right", "PgUp", "PgDn", "Home", "End", "Enter", "Esc", "Backspace",
    "Tab", "S-Tab", "F1",   "F2",   "F3",    "F4",   "F5",   "F6",   "F7",  "F8",    "F9",  "F10",
};

}  // namespace

std::string NameOf(const KeyPress& press) {
  if (press.key != Key::kCharacter) return kNames[static_cast<size_t>(press.key)];
  if (press.character == " ") return "Space";
  if (press.character.size() != 1) return press.character;
  const auto byte = static_cast<unsigned char>(press.character[0]);
  if (byte >= 1 && byte <= 26) return std::string("^") + static_cast<char>('A' + byte - 1);
  return byte >= 0x20 && byte != 0x7f ? press.character : "";
}

bool IsText(const KeyPress& press) {
  if (press.key != Key::kCharacter || press.character.empty()) return false;
  const auto byte = static_cast<unsigned char>(press.character[0]);
  return byte >= 0x20 && byte != 0x7f;
}

}  // namespace glassheap::tools
