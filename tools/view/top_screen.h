// memtop's screen: the head, the table of processes, the keys. Pure: a frame
// and the state of the view in, a Screen out; keys change the state.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_SCREEN_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_SCREEN_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tools/model/machine.h"
#include "tools/model/process.h"
#include "tools/view/process_columns.h"
#include "tools/view/screen.h"
#include "tools/view/top_header.h"

namespace glassheap::tools {

struct TopFrame {
  Machine machine;
  std::vector<Process> processes;  // sorted
};

struct TopView {
  ProcessFields fields;
  ProcessSort sort;
  Glyphs glyphs = Glyphs::kAscii;
  size_t first_row = 0;  // of the processes, at the top of the table
  bool help = false;
  size_t help_row = 0;  // of the help, at the top of the screen
};

ProcessFields TopDefaultFields();
ProcessFields TopJsonFields();

// The fields that fit into width, with at least some of the last one, which takes what is left. The others give way in
// the order of their importance.
ProcessFields FieldsThatFit(const ProcessFields& fields, std::span<const Process> processes, size_t width);

Screen DrawTop(const TopFrame& frame, const TopView& view, size_t width, size_t height);

// The same for a pipe: all fields, no keys. max_width 0: lines are not cut.
std::string TopText(const TopFrame& frame, const TopView& view, size_t max_width);

enum class Key { kOther, kUp, kDown, kPageUp, kPageDown, kHome, kEnd };

struct KeyPress {
  Key key = Key::kOther;
  char character = '\0';  // for kOther
};

enum class TopAction { kNone, kRedraw, kRefresh, kQuit };

// What a key does. rows: processes there are; page: rows of the table on the screen.
TopAction PressKey(const KeyPress& press, size_t rows, size_t page, TopView& view);

// Rows of the table on a screen of that height.
size_t TableRows(size_t height);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_SCREEN_H_
