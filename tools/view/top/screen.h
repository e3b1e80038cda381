// memtop's screen as a state machine. Pure: a frame and a state in, a Screen out; an event changes the state and may ask
// the world for something.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_SCREEN_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_SCREEN_H_

#include <string>

#include "tools/view/screen.h"
#include "tools/view/top/rows.h"
#include "tools/view/top/state.h"

namespace glassheap::tools {

struct ScreenSize {
  size_t width = 80;
  size_t height = 24;
};

Screen Draw(const TopFrame& frame, const TopRows& rows, const TopState& state, ScreenSize size);

TopCommand Handle(const KeyPress& press, const TopFrame& frame, const TopRows& rows, ScreenSize size, TopState& state);
TopCommand Handle(const MousePress& press, const TopFrame& frame, const TopRows& rows, ScreenSize size,
                  TopState& state);

// After new rows or a new size: the selection stays in the table and in view, and on the followed process.
void Settle(const TopFrame& frame, const TopRows& rows, ScreenSize size, TopState& state);

// For a pipe: the head and the table, no keys. max_width 0: lines are not cut.
std::string TopText(const TopFrame& frame, const TopRows& rows, const TopState& state, size_t max_width);

// ProcessNeed bits of what is shown, sorted and filtered by.
unsigned NeedsOf(const TopState& state);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_SCREEN_H_
