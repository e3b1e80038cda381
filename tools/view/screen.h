// A screen as a value: a grid of cells that views draw on and that only
// view/terminal puts on a terminal. A test reads it as text.

#ifndef GLASSHEAP_TOOLS_VIEW_SCREEN_H_
#define GLASSHEAP_TOOLS_VIEW_SCREEN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace glassheap::tools {

// What a cell means; a terminal decides what that looks like.
enum class Style : uint8_t {
  kPlain,
  kDim,
  kStrong,
  kHeading,  // of the table
  kSorted,   // heading of the column that is sorted by
  kUsed,     // in a bar: used memory
  kCache,    // in a bar: caches and buffers
  kSwap,     // in a bar: swap
  kHeap,     // figures of a glassheap heap
  kWarning,
  kKey,       // of the footer
  kShared,    // in a bar: shared memory
  kBuffers,   // in a bar: buffers
  kSelected,  // the row that keys act on
};

struct StyledText {
  std::string text;  // sanitized
  Style style = Style::kPlain;
};
using StyledLine = std::vector<StyledText>;

size_t DisplayWidth(const StyledLine& line);
std::string PlainText(const StyledLine& line);

struct Cell {
  std::string text = " ";  // one character and its combining marks; empty: right half of a wide one
  Style style = Style::kPlain;
};

// Invariant: a row is as wide as the screen. A wide character of which one half is written over becomes a blank.
class Screen {
 public:
  Screen(size_t width, size_t height);

  // Writes sanitized text; what does not fit is cut off. Outside of the screen nothing happens.
  void Put(size_t row, size_t column, std::string_view text, Style style = Style::kPlain);
  void Put(size_t row, size_t column, const StyledLine& line);

  // Styles what is there already, to the end of the row.
  void Fill(size_t row, Style style);

  size_t width() const { return width_; }
  size_t height() const { return height_; }
  // REQUIRES: row < height(), column < width().
  const Cell& At(size_t row, size_t column) const { return cells_[row * width_ + column]; }

  // Rows without their trailing blanks, each ended by '\n'.
  std::string Text() const;

 private:
  Cell& CellAt(size_t row, size_t column) { return cells_[row * width_ + column]; }
  void AddMark(size_t row, size_t column, std::string_view mark);
  void ClearHalves(size_t row, size_t column, size_t wide);

  size_t width_;
  size_t height_;
  std::vector<Cell> cells_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_SCREEN_H_
