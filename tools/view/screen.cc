// Tested by tests/tools/view/screen_test.cc.

#include "tools/view/screen.h"

#include <algorithm>

#include "tools/view/sanitize.h"

namespace glassheap::tools {
namespace {

constexpr size_t kMostOfACell = 16;  // bytes: a character and six marks; a heap of marks would hide the rows around it

// The first character of valid UTF-8.
std::string_view TakeCharacter(std::string_view& text) {
  size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
  const std::string_view character = text.substr(0, length);
  text.remove_prefix(length);
  return character;
}

}  // namespace

size_t DisplayWidth(const StyledLine& line) {
  size_t width = 0;
  for (const StyledText& part : line) width += DisplayWidth(part.text);
  return width;
}

std::string PlainText(const StyledLine& line) {
  std::string text;
  for (const StyledText& part : line) text += part.text;
  return text;
}

Screen::Screen(size_t width, size_t height) : width_(width), height_(height), cells_(width * height) {}

// What is left of the wide characters that lie across the edges of so many cells.
void Screen::ClearHalves(size_t row, size_t column, size_t wide) {
  if (column > 0 && CellAt(row, column).text.empty()) CellAt(row, column - 1).text = " ";
  if (column + wide < width_ && CellAt(row, column + wide).text.empty()) CellAt(row, column + wide).text = " ";
}

// To the character that ends before the column.
void Screen::AddMark(size_t row, size_t column, std::string_view mark) {
  Cell& last = CellAt(row, column - 1);
  Cell& base = last.text.empty() && column > 1 ? CellAt(row, column - 2) : last;
  if (base.text.size() + mark.size() <= kMostOfACell) base.text += mark;
}

void Screen::Put(size_t row, size_t column, std::string_view text, Style style) {
  if (row >= height_) return;
  const size_t start = column;
  while (!text.empty() && column <= width_) {
    const std::string_view character = TakeCharacter(text);
    const size_t wide = DisplayWidth(character);
    if (wide == 0) {
      if (column > start) AddMark(row, column, character);
      continue;
    }
    if (column + wide > width_) return;
    ClearHalves(row, column, wide);
    CellAt(row, column) = Cell{std::string(character), style};
    if (wide == 2) CellAt(row, column + 1) = Cell{"", style};
    column += wide;
  }
}

void Screen::Put(size_t row, size_t column, const StyledLine& line) {
  for (const StyledText& part : line) {
    Put(row, column, part.text, part.style);
    column += DisplayWidth(part.text);
  }
}

void Screen::Fill(size_t row, Style style) {
  if (row >= height_) return;
  for (size_t column = 0; column < width_; ++column) CellAt(row, column).style = style;
}

std::string Screen::Text() const {
  std::string text;
  for (size_t row = 0; row < height_; ++row) {
    std::string line;
    for (size_t column = 0; column < width_; ++column) line += At(row, column).text;
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace glassheap::tools
