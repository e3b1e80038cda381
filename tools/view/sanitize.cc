// Tested by tests/tools/view/sanitize_test.cc.

#include "tools/view/sanitize.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>

namespace glassheap::tools {
namespace {

constexpr char32_t kInvalid = 0xffffffff;

struct Decoded {
  char32_t code;  // kInvalid: the first byte does not begin a character
  size_t length;  // bytes; 1 when invalid
};

struct Range {
  char32_t first;
  char32_t last;
};

// Marks that are not seen but change what is seen, and code points that stand
// for nothing.
constexpr Range kHidden[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},    {0x061c, 0x061c}, {0x115f, 0x1160},
    {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},    {0x2060, 0x206f}, {0x3164, 0x3164},
    {0xe000, 0xf8ff}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},    {0xfdd0, 0xfdef}, {0xfff0, 0xfffb},
    {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

constexpr Range kCombining[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0900, 0x0902},
    {0x093c, 0x093c}, {0x0941, 0x0948}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe20, 0xfe2f},
};

constexpr Range kWide[] = {
    {0x1100, 0x115e},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x2614, 0x2615},
    {0x26a1, 0x26a1},   {0x2705, 0x2705},   {0x274c, 0x274c},   {0x2753, 0x2757},   {0x2e80, 0x303e},
    {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4c6},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6b},   {0xff01, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18cff},
    {0x1b000, 0x1b2ff}, {0x1f18e, 0x1f19a}, {0x1f200, 0x1f265}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

template <size_t kCount>
bool Contains(const Range (&ranges)[kCount], char32_t code) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [code](const Range& range) { return range.first <= code && code <= range.last; });
}

size_t LengthByFirstByte(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte < 0xe0) return 2;
  if (byte >= 0xe0 && byte < 0xf0) return 3;
  if (byte >= 0xf0 && byte < 0xf5) return 4;
  return 0;
}

bool IsWellFormed(char32_t code, size_t length) {
  constexpr char32_t kFirstOfLength[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kFirstOfLength[length] || code > 0x10ffff) return false;
  return code < 0xd800 || code > 0xdfff;  // no surrogates
}

// REQUIRES: text is not empty.
Decoded DecodeFirst(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length = LengthByFirstByte(byte(0));
  if (length == 0 || length > text.size()) return {kInvalid, 1};
  if (length == 1) return {byte(0), 1};
  char32_t code = byte(0) & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {kInvalid, 1};
    code = code << 6 | (byte(i) & 0x3f);
  }
  return IsWellFormed(code, length) ? Decoded{code, length} : Decoded{kInvalid, 1};
}

std::string Escaped(char32_t code) {
  char text[16];
  std::snprintf(text, sizeof text, code < 0x80 ? "\\x%02x" : "\\u{%x}", static_cast<unsigned>(code));
  return text;
}

size_t WidthOf(char32_t code) {
  if (code < 0x300) return 1;
  if (Contains(kCombining, code)) return 0;
  return Contains(kWide, code) ? 2 : 1;
}

// Calls visit(decoded, bytes of the character) for each character until it
// returns false.
template <typename Visit>
void ForEachCharacter(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const Decoded decoded = DecodeFirst(text);
    if (!visit(decoded, text.substr(0, decoded.length))) return;
    text.remove_prefix(decoded.length);
  }
}

}  // namespace

std::string SanitizeText(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  ForEachCharacter(text, [&](Decoded decoded, std::string_view bytes) {
    if (decoded.code == kInvalid) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(bytes[0]));
      safe += escaped;
    } else if (Contains(kHidden, decoded.code)) {
      safe += Escaped(decoded.code);
    } else {
      safe += bytes;
    }
    return true;
  });
  return safe;
}

std::string SanitizeUtf8(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  ForEachCharacter(text, [&](Decoded decoded, std::string_view bytes) {
    safe += decoded.code == kInvalid ? std::string_view("\xef\xbf\xbd") : bytes;
    return true;
  });
  return safe;
}

size_t DisplayWidth(std::string_view sanitized) {
  size_t width = 0;
  ForEachCharacter(sanitized, [&](Decoded decoded, std::string_view) {
    width += WidthOf(decoded.code);
    return true;
  });
  return width;
}

std::string FitWidth(std::string_view sanitized, size_t columns) {
  if (DisplayWidth(sanitized) <= columns) return std::string(sanitized);
  if (columns == 0) return "";
  std::string fitted;
  size_t width = 0;
  ForEachCharacter(sanitized, [&](Decoded decoded, std::string_view bytes) {
    width += WidthOf(decoded.code);
    if (width > columns - 1) return false;
    fitted += bytes;
    return true;
  });
  return fitted + "+";
}

}  // namespace glassheap::tools
