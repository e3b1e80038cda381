// The page of help: every key of the key table, and every column.

#ifndef GLASSHEAP_TOOLS_VIEW_TOP_HELP_H_
#define GLASSHEAP_TOOLS_VIEW_TOP_HELP_H_

#include "tools/view/top/bindings.h"

namespace glassheap::tools {

// REQUIRES: the overlay is a HelpPage. page: rows of the screen.
TopCommand HandleHelp(const KeyPress& press, size_t page, TopState& state);

void DrawHelp(const HelpPage& help, Screen& screen);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_TOP_HELP_H_
